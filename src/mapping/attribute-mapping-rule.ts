import type { PrincipalKind } from '../identity/principal.ts';
import { followsSoftDeleted } from './attribute-mapping-active.ts';
import { MappingError } from './attribute-mapping-errors.ts';
import { type SourceProperties, type ValueSource, valueSource } from './attribute-mapping-source.ts';
import { declaredValuesProblem } from './attribute-mapping-values.ts';
import { sourceAttribute } from './source-attributes.ts';
import { type TargetAttribute, targetAttribute, whyNoTarget } from './target-attributes.ts';

/**
 * One attribute mapping, as the configuration file holds it. Exactly one of `source` (Direct), `constant`,
 * `expression` and `none` says where the value comes from.
 */
export interface MappingRule extends SourceProperties {
  /** SCIM path. */
  readonly target: string;
  /** Used when there is no value, on create only, as in Entra. With `none`: the value of a create. */
  readonly default?: string;
  /** Default `always`; `onCreate` for displayName of service principals, which automations refer to. */
  readonly apply?: 'always' | 'onCreate';
  /** A principal without a value is neither created nor changed. */
  readonly required?: boolean;
  /** Default false: what became empty in the source stays in the target, as in Entra. */
  readonly clearWhenEmpty?: boolean;
  /** Precedence when a resource is looked for, lowest first. */
  readonly matching?: number;
  /** Roles and entitlements only: what may be given; nothing else ever is. */
  readonly values?: readonly string[];
  /** Roles and entitlements only: take away what is declared and not wanted. */
  readonly assert?: boolean;
}

export interface CompiledRule {
  readonly rule: MappingRule;
  readonly target: TargetAttribute;
  readonly source: ValueSource;
  readonly onCreateOnly: boolean;
}

/** @throws {MappingError} */
export function compileRule(kind: PrincipalKind, rule: MappingRule, index: number): CompiledRule {
  const target = targetAttribute(kind, rule.target);
  if (target === undefined)
    throw new MappingError([index, 'target'], `${rule.target}: ${whyNoTarget(kind, rule.target)}`);
  const source = valueSource(kind, rule, index, rule.target);
  const apply = rule.apply ?? (isNameOfServicePrincipal(kind, target) ? 'onCreate' : 'always');
  const compiled = { rule, target, source, onCreateOnly: apply === 'onCreate' };
  for (const check of [fixedProblem, shapeProblem, volatileProblem, emptyProblem, valuesProblem]) {
    const problem = check(compiled, kind);
    if (problem !== undefined) throw new MappingError([index, problem.property], problem.text);
  }
  return compiled;
}

function isNameOfServicePrincipal(kind: PrincipalKind, target: TargetAttribute): boolean {
  return kind === 'servicePrincipal' && target.key === 'displayName';
}

interface Problem {
  readonly property: keyof MappingRule;
  readonly text: string;
}

const problem = (property: keyof MappingRule, text: string): Problem => ({ property, text });

/** The property that says where the value comes from. */
function origin({ source }: CompiledRule): keyof MappingRule {
  return source.kind === 'direct' ? 'source' : source.kind;
}

/** What a target attribute must hold is no matter of taste for those that decide who somebody is, or is let in. */
function fixedProblem(compiled: CompiledRule): Problem | undefined {
  const { rule, target, source, onCreateOnly } = compiled;
  if (target.follows !== undefined) {
    if (!follows(target, source))
      return problem(
        origin(compiled),
        `${target.path} may only be mapped from ${allowedSource(target)}: ${target.reason}`,
      );
    if (onCreateOnly) return problem('apply', `${target.path} always applies: ${target.reason}`);
    return undefined;
  }
  if (target.key === 'id') {
    if (source.kind !== 'direct' && source.kind !== 'expression')
      return problem(origin(compiled), 'id is matched by a source attribute or an expression');
    if (rule.matching === undefined) return problem('matching', `id needs matching: ${target.reason}`);
  }
  if (target.required && (source.attributes.length === 0 || source.kind === 'none'))
    return problem(origin(compiled), `${target.path} is unique in the target: it must come from the source`);
  return undefined;
}

function follows(target: TargetAttribute, source: ValueSource): boolean {
  if (target.key === 'active') return followsSoftDeleted(source);
  const [attribute] = source.attributes;
  // Entra's two names of the object id.
  return source.kind === 'direct' && (attribute === 'id' ? 'objectId' : attribute) === target.follows;
}

function allowedSource(target: TargetAttribute): string {
  return target.key === 'active' ? 'IsSoftDeleted, False for True and True for False' : `${target.follows}`;
}

function shapeProblem({ rule, target, source }: CompiledRule, kind: PrincipalKind): Problem | undefined {
  if (target.type !== 'values') {
    if (rule.values !== undefined) return problem('values', 'only roles and entitlements have values');
    if (rule.assert === true) return problem('assert', 'only roles and entitlements can be asserted');
    const [attribute = ''] = source.attributes;
    if (source.kind === 'direct' && sourceAttribute(kind, attribute)?.type === 'strings')
      return problem(
        'source',
        `${attribute} holds several values, ${target.path} takes one: use Item or Join`,
      );
  }
  if (rule.matching !== undefined) {
    if (!target.matchable)
      return problem('matching', `${target.path} names no single resource of the target: it cannot match`);
    if (!Number.isInteger(rule.matching) || rule.matching < 1)
      return problem('matching', 'the precedence is a whole number from 1');
  }
  return undefined;
}

function volatileProblem({ rule, target, source, onCreateOnly }: CompiledRule): Problem | undefined {
  const [name] = source.volatile;
  if (name === undefined) return undefined;
  if (target.matchable || rule.matching !== undefined)
    return problem(
      'expression',
      `${name} differs at every evaluation: nobody would be found by ${target.path} again`,
    );
  if (!onCreateOnly)
    return problem('expression', `${name} differs at every evaluation: allowed only with apply: "onCreate"`);
  return undefined;
}

/** What happens when there is no value. */
function emptyProblem({ rule, target, source, onCreateOnly }: CompiledRule): Problem | undefined {
  if (rule.default !== undefined) {
    if (rule.default === '') return problem('default', 'an empty default is no value; leave it out');
    if (target.matchable || target.follows !== undefined || target.type === 'values')
      return problem('default', `${target.path} takes no default`);
    if (source.kind === 'constant') return problem('default', 'a constant is never empty');
    if (rule.clearWhenEmpty === true)
      return problem('default', 'clearWhenEmpty would take the default away again: one of them only');
  }
  if (rule.required === true && source.kind === 'none' && rule.default === undefined)
    return problem('required', 'with none and no default there is never a value');
  if (rule.clearWhenEmpty !== true) return undefined;
  if (target.type === 'values')
    return problem('clearWhenEmpty', 'use assert to take away what is no longer wanted');
  if (target.required || rule.required === true)
    return problem('clearWhenEmpty', `${target.path} is required: it cannot be cleared`);
  if (target.writable !== 'always' || onCreateOnly)
    return problem('clearWhenEmpty', `${target.path} is written on create only: it cannot be cleared`);
  if (source.kind === 'none' || source.kind === 'constant')
    return problem('clearWhenEmpty', `with ${source.kind} there is nothing that becomes empty`);
  return undefined;
}

function valuesProblem({ rule, target, source, onCreateOnly }: CompiledRule): Problem | undefined {
  if (target.type !== 'values') return undefined;
  if (source.kind === 'none') return problem('none', `leave the rule out to leave ${target.path} alone`);
  const text =
    rule.values === undefined
      ? `${target.path} needs the values that may be given`
      : declaredValuesProblem(target.path, rule.values);
  if (text !== undefined) return problem('values', text);
  if (rule.assert === true && onCreateOnly)
    return problem('assert', 'what is written on create only cannot be asserted');
  return undefined;
}
