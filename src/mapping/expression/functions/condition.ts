import type { Argument, Evaluate, Scope } from '../definition.ts';
import { ExpressionFailure, SyntaxProblem } from '../errors.ts';
import { type ComparisonNode, childrenOf, everyNode, type Node, type Operator } from '../syntax.ts';
import { booleanOf, isEmpty, textOf, type Value, wholeNumberOf } from '../values.ts';

/**
 * Functions that are there to deal with missing values: what they read may be empty without the condition failing.
 * Entra's documentation says "if the source attribute used within the IIF function is empty or null, the condition
 * check fails" and leaves these open.
 */
const dealWithEmpty = new Set([
  'Coalesce',
  'IIF',
  'IsNull',
  'IsNullOrEmpty',
  'IsPresent',
  'IsString',
  'Join',
  'Switch',
]);
const emptyChecks = new Set(['IsNull', 'IsNullOrEmpty', 'IsPresent']);
const dates = new Set(['CDate', 'DateAdd', 'DateFromNum', 'FormatDateTime', 'Now']);

/** @throws SyntaxProblem for a comparison whose outcome is known to be none */
export function compileComparison(node: ComparisonNode, left: Evaluate, right: Evaluate): Evaluate {
  for (const side of [node.left, node.right]) refuseSide(side, node.operator);
  const label = `comparison ${node.operator}`;
  return scope => {
    const [a, b] = [left(scope), right(scope)];
    return !isEmpty(a) && !isEmpty(b) && compare(a, node.operator, b, label);
  };
}

function refuseSide(side: Node, operator: Operator): void {
  if (side.kind === 'text' && side.value === '') {
    throw new SyntaxProblem(side.at, 'Switch with the key ""', 'a condition on an empty value always fails');
  }
  if (operator === '=' || operator === '<>') return;
  if (side.kind === 'call' && dates.has(side.name)) {
    throw new SyntaxProblem(side.at, 'DateDiff compared with a number', 'dates are texts and have no order');
  }
  if (side.kind === 'text' && wholeNumberOf(side.value) === undefined) {
    throw new SyntaxProblem(side.at, 'a number', 'texts have no order');
  }
}

function compare(a: NonNullable<Value>, operator: Operator, b: NonNullable<Value>, label: string): boolean {
  if (typeof a === 'object' || typeof b === 'object') {
    throw new ExpressionFailure(`${label}: a list; pick one value with Item, or put them together with Join`);
  }
  const [left, right] = [numberOf(a), numberOf(b)];
  if (operator === '=' || operator === '<>') {
    const isNumeric = typeof a !== 'string' || typeof b !== 'string';
    const isEqual =
      isNumeric && left !== undefined && right !== undefined ? left === right : textOf(a) === textOf(b);
    return isEqual === (operator === '=');
  }
  if (left === undefined || right === undefined) {
    throw new ExpressionFailure(`${label}: only numbers have an order; compare dates with DateDiff`);
  }
  if (operator === '>') return left > right;
  if (operator === '>=') return left >= right;
  if (operator === '<') return left < right;
  return left <= right;
}

function numberOf(value: string | bigint | number | boolean): bigint | number | undefined {
  if (typeof value === 'string') return wholeNumberOf(value);
  return typeof value === 'boolean' ? undefined : value;
}

/**
 * The truth of an argument: a comparison, a boolean, the texts "True" and "False", or a number that is not zero.
 * False when an attribute that it reads is null or empty.
 */
export function compileTruth(argument: Argument): (scope: Scope) => boolean {
  const needed = neededAttributes(argument.node);
  return scope => {
    for (const name of needed) {
      const value = scope.read(name);
      if (value === null || value === '') return false;
    }
    return truth(argument, argument.value(scope));
  };
}

function truth(argument: Argument, value: Value): boolean {
  if (isEmpty(value)) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'object') throw argument.failure('a list is neither true nor false');
  if (typeof value !== 'string') return Number(value) !== 0;
  const spelt = booleanOf(value) ?? wholeNumberOf(value);
  if (spelt === undefined) throw argument.failure('neither True, False nor a number');
  return typeof spelt === 'boolean' ? spelt : spelt !== 0n;
}

function neededAttributes(node: Node): readonly string[] {
  if (node.kind === 'attribute') return [node.name];
  if (node.kind === 'call' && dealWithEmpty.has(node.name)) return [];
  return [...new Set(childrenOf(node).flatMap(neededAttributes))];
}

/** IIF cannot ask for an empty value: Entra lists these forms as unsupported. @throws SyntaxProblem */
export function refuseEmptyChecks(condition: Node): void {
  for (const node of everyNode(condition)) {
    if (node.kind !== 'call' || !emptyChecks.has(node.name)) continue;
    throw new SyntaxProblem(
      node.at,
      'Switch with the key "", such as Switch([country], [country], "", "Other")',
      `${node.name} does not work in the condition of IIF`,
    );
  }
}
