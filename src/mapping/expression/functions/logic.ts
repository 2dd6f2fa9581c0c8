import type { Argument, FunctionDefinition, Scope } from '../definition.ts';
import { booleanOf, isEmpty, type Value } from '../values.ts';
import { compileTruth, refuseEmptyChecks } from './condition.ts';

/** A function that asks something about one value, whatever its type. */
function question(ask: (value: Value) => boolean): FunctionDefinition {
  return {
    parameters: ['expression'],
    compile: call => {
      const expression = call.argument(0);
      return scope => ask(expression.value(scope));
    },
  };
}

export const logicFunctions: Readonly<Record<string, FunctionDefinition>> = {
  CBool: {
    parameters: ['expression'],
    takesCondition: true,
    compile: call => compileTruth(call.argument(0)),
  },

  Coalesce: {
    parameters: ['source...'],
    compile: call => {
      const sources = call.from(0);
      return scope => {
        for (const source of sources) {
          const value = source.value(scope);
          if (value !== null) return value;
        }
        return null;
      };
    },
  },

  IgnoreFlowIfNullOrEmpty: {
    parameters: ['expression'],
    hasEffect: true,
    compile: call => {
      const expression = call.argument(0);
      return scope => {
        const value = expression.value(scope);
        if (isEmpty(value)) scope.ignored = true;
        return value;
      };
    },
  },

  IIF: {
    parameters: ['condition', 'valueIfTrue', 'valueIfFalse'],
    takesCondition: true,
    passesOn: index => index > 0,
    compile: call => {
      const condition = call.argument(0);
      refuseEmptyChecks(condition.node);
      const isTrue = compileTruth(condition);
      const [whenTrue, whenFalse] = [call.argument(1), call.argument(2)];
      return scope => (isTrue(scope) ? whenTrue : whenFalse).value(scope);
    },
  },

  IsNull: question(value => value === null),
  IsNullOrEmpty: question(isEmpty),
  IsPresent: question(value => !isEmpty(value)),
  IsString: question(value => typeof value === 'string'),

  Not: {
    parameters: ['source'],
    compile: call => {
      const source = call.argument(0);
      return scope => booleanOf(source.text(scope) ?? '') !== true;
    },
  },

  Redact: {
    parameters: ['value'],
    passesOn: () => true,
    compile: call => call.argument(0).value,
  },

  Switch: {
    parameters: ['source', 'default?', 'key', 'value', 'more?...'],
    passesOn: index => index % 2 === 1,
    compile: call => {
      const source = call.argument(0);
      refuseSource(source);
      const rest = call.from(2);
      if (rest.length % 2 === 1) {
        throw call.problem(
          'a value for every key',
          'keys and values come in pairs, after source and default',
        );
      }
      const pairs = rest.flatMap((key, index) => {
        const value = rest[index + 1];
        return index % 2 === 0 && value !== undefined ? [[key, value] as const] : [];
      });
      const fallback = call.optional(1);
      return scope => {
        const text = source.text(scope) ?? '';
        const found = pairs.find(([key]) => isKey(key, text, scope));
        return (found?.[1] ?? fallback)?.value(scope) ?? null;
      };
    },
  },
};

function isKey(key: Argument, text: string, scope: Scope): boolean {
  return (key.text(scope) ?? '') === text;
}

/** The forms that Entra's documentation warns of: they do not do what they seem to. */
function refuseSource(source: Argument): void {
  const { node } = source;
  if (node.kind === 'call' && /^Is(Present|Null|NullOrEmpty)$/.test(node.name)) {
    throw source.problem('the attribute itself, and the key "" for empty', `${node.name} does not work here`);
  }
  if (node.kind === 'attribute' && node.name === 'manager') {
    throw source.problem('an attribute that holds text', 'references to other objects cannot be compared');
  }
}
