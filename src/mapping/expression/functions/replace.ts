import { compilePattern, type Match, type Pattern, PatternFailure } from '../../dotnet-pattern/pattern.ts';
import { PatternProblem } from '../../dotnet-pattern/scanner.ts';
import { compileSubstitution, groupText, type Substitution } from '../../dotnet-pattern/substitution.ts';
import type { Argument, Call, Evaluate, FunctionDefinition, Scope } from '../definition.ts';
import { ExpressionFailure, SyntaxProblem } from '../errors.ts';
import { longestText, tooLong } from '../values.ts';

const modes =
  'oldValue with replacementValue or template, or regexPattern with replacementValue, with regexGroupName and ' +
  'replacementValue, or with regexGroupName and replacementAttributeName';

export const replaceFunctions: Readonly<Record<string, FunctionDefinition>> = {
  Replace: {
    parameters: [
      'source',
      'oldValue?',
      'regexPattern?',
      'regexGroupName?',
      'replacementValue?',
      'replacementAttributeName?',
      'template?',
    ],
    compile: call => {
      const given = [1, 2, 3, 4, 5, 6].filter(index => call.optional(index) !== undefined).join('');
      const mode = byGivenArguments[given];
      if (mode === undefined) throw call.problem(modes, 'this combination of arguments has no meaning');
      return mode(call);
    },
  },
};

const byGivenArguments: Readonly<Record<string, (call: Call) => Evaluate>> = {
  14: literalReplacement,
  16: template,
  24: patternReplacement,
  234: groupReplacement,
  235: otherAttribute,
};

function literalReplacement(call: Call): Evaluate {
  const [source, old, replacement] = [call.argument(0), oldValue(call), call.argument(4)];
  return scope => {
    const text = source.text(scope);
    return text === null ? null : replaceAll(text, old.text(scope), replacement.text(scope) ?? '');
  };
}

/** An empty source leaves nothing to put into the template: the result is then null, not the template's rest. */
function template(call: Call): Evaluate {
  const [source, old, form] = [call.argument(0), oldValue(call), call.argument(6)];
  return scope => {
    const text = source.text(scope);
    return text ? replaceAll(form.text(scope) ?? '', old.text(scope), text) : null;
  };
}

function oldValue(call: Call): Argument {
  const old = call.argument(1);
  if (old.literal === '') throw old.problem('at least one character');
  return old;
}

function replaceAll(text: string, old: string | null, replacement: string): string {
  if (!old) return text;
  const parts = text.split(old);
  if ((parts.length - 1) * replacement.length > longestText) throw tooLong('Replace');
  return parts.join(replacement);
}

function patternReplacement(call: Call): Evaluate {
  const pattern = patternOf(call);
  const [source, replacement] = [call.argument(0), call.argument(4)];
  const { literal } = replacement;
  const fixed = literal === undefined ? undefined : fixedSubstitution(replacement, literal, pattern);
  return scope => {
    const text = source.text(scope);
    if (text === null) return null;
    const substitution = fixed ?? compileSubstitution(replacement.text(scope) ?? '', pattern);
    return replaceMatches(text, pattern, scope, match => [
      match.group(0),
      substitution.expand(match, longestText),
    ]);
  };
}

function fixedSubstitution(argument: Argument, literal: string, pattern: Pattern): Substitution {
  const substitution = compileSubstitution(literal, pattern);
  if (substitution.unknown !== undefined) {
    const { index, name } = substitution.unknown;
    throw new SyntaxProblem(
      argument.offsetOf(index),
      'the name of a group, or $$ for a dollar sign',
      `no group ${name}`,
    );
  }
  return substitution;
}

/** Guess: replaces the group where it stands, in every match, and takes the replacement as it is, dollars and all. */
function groupReplacement(call: Call): Evaluate {
  const pattern = patternOf(call);
  const group = groupOf(call, pattern);
  const [source, replacement] = [call.argument(0), call.argument(4)];
  return scope => {
    const text = source.text(scope);
    if (text === null) return null;
    const value = replacement.text(scope) ?? '';
    return replaceMatches(text, pattern, scope, match => [match.group(group), value]);
  };
}

function otherAttribute(call: Call): Evaluate {
  const pattern = patternOf(call);
  const group = groupOf(call, pattern);
  const [source, other] = [call.argument(0), call.argument(5)];
  if (other.node.kind !== 'attribute') throw other.problem('an attribute, such as [mobile]');
  return scope => {
    const text = source.text(scope);
    return text ? text : extract(other, scope, pattern, group);
  };
}

function extract(other: Argument, scope: Scope, pattern: Pattern, group: number): string | null {
  const text = other.text(scope);
  if (text === null) return null;
  return guarded(() => {
    for (const match of pattern.matches(text, scope.searching)) return groupText(match, group);
    return null;
  });
}

function replaceMatches(
  text: string,
  pattern: Pattern,
  scope: Scope,
  replace: (match: Match) => [readonly [number, number] | undefined, string],
): string {
  return guarded(() => {
    const parts: string[] = [];
    let [end, size] = [0, 0];
    for (const match of pattern.matches(text, scope.searching)) {
      const [span, replacement] = replace(match);
      if (span === undefined) continue;
      const kept = text.slice(end, span[0]);
      size += kept.length + replacement.length;
      if (size > longestText) throw tooLong('Replace');
      parts.push(kept, replacement);
      end = span[1];
    }
    return parts.join('') + text.slice(end);
  });
}

function guarded<T>(search: () => T): T {
  try {
    return search();
  } catch (error) {
    if (error instanceof PatternFailure)
      throw new ExpressionFailure(`Replace, regexPattern: ${error.message}`);
    throw error;
  }
}

function patternOf(call: Call): Pattern {
  const argument = call.argument(2);
  if (argument.literal === undefined)
    throw argument.problem('a text', 'the pattern must be checked in advance');
  try {
    return compilePattern(argument.literal);
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    throw new SyntaxProblem(
      argument.offsetOf(error.index),
      'another pattern',
      `regexPattern: ${error.message}`,
    );
  }
}

function groupOf(call: Call, pattern: Pattern): number {
  const argument = call.argument(3);
  const number = argument.literal === undefined ? undefined : pattern.groupNumber(argument.literal);
  if (number === undefined) throw argument.problem('the name of a group in regexPattern, as text');
  return number;
}
