import {
  Argument,
  Call,
  type Evaluate,
  type FunctionDefinition,
  newScope,
  type Scope,
} from './definition.ts';
import { ExpressionFailure, SyntaxProblem } from './errors.ts';
import { functionNamed } from './functions/all.ts';
import { compileComparison } from './functions/condition.ts';
import { type CallNode, childrenOf, type Node } from './syntax.ts';
import { fromSource, withinSize } from './values.ts';

/** What may stand at a place. */
interface Place {
  /** The value becomes the result of the whole expression unchanged. */
  readonly isResult: boolean;
  /** A comparison may stand here. */
  readonly isCondition: boolean;
  /** What everything that is computed in advance shares. */
  readonly constants: Scope;
}

/** @throws SyntaxProblem */
export function compile(node: Node): Evaluate {
  return compiled(node, { isResult: true, isCondition: false, constants: newScope(() => null, 0) });
}

function compiled(node: Node, place: Place): Evaluate {
  switch (node.kind) {
    case 'text':
    case 'number':
      return () => node.value;
    case 'attribute':
      return scope => fromSource(scope.read(node.name), node.name);
    case 'word':
      throw new SyntaxProblem(
        node.at,
        'an opening parenthesis after a function name, or the word in quotation marks',
      );
    case 'comparison':
      return comparison(node, place);
    case 'call':
      return callOf(node, place);
  }
}

function comparison(node: Node & { kind: 'comparison' }, place: Place): Evaluate {
  if (!place.isCondition) {
    throw new SyntaxProblem(node.at, 'CBool(…) around it', 'a comparison is possible in IIF and CBool only');
  }
  const side = { ...place, isResult: false, isCondition: false };
  return compileComparison(node, compiled(node.left, side), compiled(node.right, side));
}

function callOf(node: CallNode, place: Place): Evaluate {
  const definition = functionNamed(node);
  if (definition.hasEffect && !place.isResult) {
    throw new SyntaxProblem(
      node.at,
      'it as the outermost function, or as a value of IIF, Switch or Redact that is the outermost one',
      `${node.name} decides about the whole attribute`,
    );
  }
  const call = new Call(node, argumentsOf(node, definition, place));
  const compute = definition.compile(call);
  const evaluate: Evaluate = scope => withinSize(compute(scope), node.name);
  return isConstant(node) ? constant(node, evaluate, place.constants) : evaluate;
}

function argumentsOf(node: CallNode, definition: FunctionDefinition, place: Place): (Argument | undefined)[] {
  const signature = `${node.name}(${definition.parameters.join(', ')})`;
  const last = definition.parameters.at(-1);
  const most = last?.endsWith('...') ? Number.POSITIVE_INFINITY : definition.parameters.length;
  if (node.arguments.length > most) {
    throw new SyntaxProblem(node.argumentOffsets[most] ?? node.at, signature, 'too many arguments');
  }
  const count = Math.max(node.arguments.length, definition.parameters.length);
  return Array.from({ length: count }, (_, index) => {
    const argument = node.arguments[index];
    const parameter = definition.parameters[index] ?? last ?? '';
    if (argument !== undefined) {
      const isResult = place.isResult && (definition.passesOn?.(index) ?? false);
      const isCondition = index === 0 && definition.takesCondition === true;
      const label = `${node.name}, ${parameter.replace(/\??(\.\.\.)?$/, '')}`;
      const isKnownWord =
        argument.kind === 'word' && definition.words?.[parameter]?.includes(argument.value) === true;
      const value = isKnownWord
        ? () => argument.value
        : compiled(argument, { ...place, isResult, isCondition });
      return new Argument(argument, label, value);
    }
    const isGiven = index < node.arguments.length;
    if (isGiven ? parameter.endsWith('?') : parameter.includes('?')) return undefined;
    const at = node.argumentOffsets[index] ?? node.at;
    throw new SyntaxProblem(at, signature, `argument ${index + 1} of ${node.name} is missing`);
  });
}

function isConstant(node: Node): boolean {
  if (node.kind === 'attribute') return false;
  const definition = node.kind === 'call' ? functionNamed(node) : undefined;
  return !definition?.volatile && !definition?.hasEffect && childrenOf(node).every(isConstant);
}

/** Computed once, so that what can never work is found when the expression is written. */
function constant(node: CallNode, evaluate: Evaluate, scope: Scope): Evaluate {
  try {
    const value = evaluate(scope);
    return () => value;
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    throw new SyntaxProblem(node.at, 'arguments that have a result', error.message);
  }
}
