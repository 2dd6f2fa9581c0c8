import { type PrincipalKind, principal } from '../identity/principal.ts';
import type { SourceReader } from '../identity/source-values.ts';
import { sourceAttribute, whyNoSourceAttribute } from '../mapping/source-attributes.ts';
import {
  type AttributeOperator,
  compileTest,
  OperandError,
  type Operator,
  operators,
  takesOperand,
  whyNotFor,
} from './operators.ts';

export { type Operator, operators } from './operators.ts';

/** One condition, in the form of the configuration file. */
export interface Clause {
  /** A source attribute; left out with `IsMemberOf`. */
  readonly attribute?: string;
  readonly operator: Operator;
  /** What to compare with; left out with operators that compare with nothing. With `IsMemberOf`: a group's object id. */
  readonly value?: string | number;
}

/** Clauses that must all hold. */
export type Filter = readonly Clause[];

export interface CompiledFilters {
  /** Source attributes that are read. */
  readonly attributes: readonly string[];
  /** Group ids of the IsMemberOf clauses, lower case. */
  readonly groups: readonly string[];
  /**
   * Whether a principal passes one of the filters, or there are none.
   * @param memberOf which of `groups` hold the principal, directly or through other groups
   * @throws what `read` throws: a value that could not be read must not count as a value that is not there
   */
  passes(read: SourceReader, memberOf: ReadonlySet<string>): boolean;
}

/** A filter that cannot be used. The message says what is wrong and what is allowed, without naming the place. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  /** Index of the filter, index of the clause, property; shorter where the whole filter or clause is meant. */
  readonly path: readonly (string | number)[];
  constructor(path: readonly (string | number)[], message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

interface CompiledClause {
  readonly attribute?: string;
  readonly group?: string;
  holds(read: SourceReader, memberOf: ReadonlySet<string>): boolean;
}

/**
 * Compiles the scoping filters of one kind of principal: the clauses of a filter are joined by AND, the filters by OR,
 * and without filters everybody passes (Microsoft Learn, "Scoping users or groups to be provisioned with scoping
 * filters").
 *
 * @throws {FilterError} for the first clause that cannot be used.
 */
export function compileFilters(kind: PrincipalKind, filters: readonly Filter[]): CompiledFilters {
  const compiled = filters.map((filter, index) => compileFilter(kind, filter, index));
  const clauses = compiled.flat();
  return {
    attributes: distinct(clauses.map(clause => clause.attribute)),
    groups: distinct(clauses.map(clause => clause.group)),
    passes: (read, memberOf) =>
      compiled.length === 0 || compiled.some(filter => filter.every(clause => clause.holds(read, memberOf))),
  };
}

function compileFilter(kind: PrincipalKind, filter: Filter, index: number): readonly CompiledClause[] {
  if (filter.length === 0)
    throw new FilterError(
      [index],
      'a filter without clauses would let everybody pass: leave the filter out instead',
    );
  return filter.map((clause, at) => compileClause(kind, clause, [index, at]));
}

function compileClause(kind: PrincipalKind, clause: Clause, path: readonly number[]): CompiledClause {
  const operator = knownOperator(clause.operator, path);
  if (operator === 'IsMemberOf') return membership(clause, path);
  const { attribute, value } = clause;
  if (attribute === undefined)
    throw new FilterError(path, `${operator} needs an attribute: the name of a source attribute`);
  const source = sourceAttribute(kind, attribute);
  if (source === undefined) {
    const hint = attribute === 'members' || attribute === 'memberOf' ? '; use the operator IsMemberOf' : '';
    throw new FilterError([...path, 'attribute'], whyNoSourceAttribute(kind, attribute) + hint);
  }
  if (attribute === 'IsSoftDeleted')
    throw new FilterError(
      [...path, 'attribute'],
      'IsSoftDeleted follows from the scope: it cannot decide about it',
    );
  const unfit = whyNotFor(operator, source.type);
  if (unfit !== undefined) throw new FilterError([...path, 'operator'], unfit);
  if (value !== undefined && !takesOperand(operator))
    throw new FilterError([...path, 'value'], `${operator} compares with nothing: leave the value out`);
  if (value === undefined && takesOperand(operator))
    throw new FilterError(path, `${operator} needs a value to compare with`);
  const test = tested(() => compileTest(operator, source.type, value), path);
  return { attribute, holds: read => test(read(attribute)) };
}

function tested<T>(compile: () => T, path: readonly number[]): T {
  try {
    return compile();
  } catch (cause) {
    if (!(cause instanceof OperandError)) throw cause;
    throw new FilterError([...path, 'value'], cause.message, { cause });
  }
}

function knownOperator(operator: string, path: readonly number[]): AttributeOperator | 'IsMemberOf' {
  const known = operators.find(each => each === operator);
  if (known !== undefined) return known;
  const folded = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[\s_]+/g, ' ')
      .trim();
  const meant = operators.find(each => folded(each) === folded(operator));
  const help =
    meant === undefined
      ? `known are ${operators.filter(each => each !== 'Includes').join(', ')}`
      : `did you mean ${JSON.stringify(meant)}?`;
  throw new FilterError([...path, 'operator'], `there is no operator ${JSON.stringify(operator)}: ${help}`);
}

/**
 * Membership is evaluated when something makes us look at the principal; joining the group of the clause is such an
 * event only because the caller watches `groups`.
 */
function membership(clause: Clause, path: readonly number[]): CompiledClause {
  if (clause.attribute !== undefined)
    throw new FilterError([...path, 'attribute'], 'IsMemberOf looks at groups: leave the attribute out');
  const id = principal.shape.id.safeParse(clause.value);
  if (!id.success)
    throw new FilterError(
      clause.value === undefined ? path : [...path, 'value'],
      'IsMemberOf needs the object id of a group as its value',
    );
  // Object ids are GUIDs, written in either case; Graph shows them in lower case.
  const group = id.data.toLowerCase();
  return {
    group,
    holds: (_read, memberOf) => [...memberOf].some(held => held.toLowerCase() === group),
  };
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter(value => value !== undefined))];
}
