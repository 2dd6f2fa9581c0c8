import { valuePath } from '../identity/desired.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type { SourceReader } from '../identity/source-values.ts';
import { kindTraits } from '../planning/kind-traits.ts';
import { MappingError, MappingFailure } from './attribute-mapping-errors.ts';
import { type MappedResource, mapObject } from './attribute-mapping-object.ts';
import { type CompiledRule, compileRule, type MappingRule } from './attribute-mapping-rule.ts';
import { targetAttributes } from './target-attributes.ts';

export { MappingError, MappingFailure } from './attribute-mapping-errors.ts';
export type { MappedResource } from './attribute-mapping-object.ts';
export type { MappingRule } from './attribute-mapping-rule.ts';

export interface CompiledMapping {
  readonly kind: PrincipalKind;
  /** Source attributes that are read. */
  readonly attributes: readonly string[];
  /** Keys to look for an existing resource by, in order of precedence. */
  readonly matching: readonly { readonly key: string }[];
  /** Keys whose values must not appear in logs. */
  readonly redacted: ReadonlySet<string>;
  /**
   * What the target should hold. Nothing of it is needed to revoke: whoever is to lose his access gets
   * `active: false` alone, also when his attributes cannot be mapped.
   *
   * @throws {MappingFailure} when a value of this object cannot be used. Carries no value.
   */
  map(read: SourceReader): MappedResource;
  /**
   * The name alone, which is known also where another value cannot be used. Undefined where it has no value, or none
   * that can be used.
   */
  nameOf(read: SourceReader): string | undefined;
}

export interface MappingOptions {
  /** Lower-cased object ids that may be given administration. */
  readonly adminAllowList?: ReadonlySet<string>;
}

/** @throws {MappingError} naming the rule and property: what is wrong, and what is allowed. */
export function compileMapping(
  kind: PrincipalKind,
  rules: readonly MappingRule[],
  { adminAllowList = new Set() }: MappingOptions = {},
): CompiledMapping {
  const compiled = rules.map((rule, index) => compileRule(kind, rule, index));
  assertDistinct(rules);
  assertNamed(kind, rules);
  const matching = matchingKeys(kind, compiled);
  const implicit = targetAttributes(kind).flatMap(({ follows }) => follows ?? []);
  const attributes = new Set([...implicit, ...compiled.flatMap(({ source }) => source.attributes)]);
  return {
    kind,
    attributes: [...attributes],
    matching: matching.map(key => ({ key })),
    redacted: new Set(compiled.flatMap(redactedKeys)),
    map: read => mapObject(read, { kind, rules: compiled, matching, adminAllowList }),
    nameOf: read => nameOf(read, kind, compiled),
  };
}

function assertDistinct(rules: readonly MappingRule[]): void {
  const targets = new Set<string>();
  const precedences = new Set<number>();
  for (const [index, { target, matching }] of rules.entries()) {
    if (targets.has(target))
      throw new MappingError([index, 'target'], `${target} has a rule already: one attribute, one rule`);
    targets.add(target);
    if (matching === undefined) continue;
    if (precedences.has(matching))
      throw new MappingError([index, 'matching'], `another rule has precedence ${matching} already`);
    precedences.add(matching);
  }
}

function nameOf(
  read: SourceReader,
  kind: PrincipalKind,
  compiled: readonly CompiledRule[],
): string | undefined {
  const { nameAttribute } = kindTraits[kind];
  const rules = compiled.filter(({ target }) => target.key === nameAttribute);
  try {
    const name = mapObject(read, { kind, rules, matching: [], adminAllowList: new Set() }).create[
      nameAttribute
    ];
    return typeof name === 'string' ? name : undefined;
  } catch (error) {
    if (error instanceof MappingFailure) return undefined;
    throw error;
  }
}

/** What follows without a rule needs none. */
function assertNamed(kind: PrincipalKind, rules: readonly MappingRule[]): void {
  const name = kindTraits[kind].nameAttribute;
  if (name === 'applicationId' || rules.some(({ target }) => target === name)) return;
  const source = kind === 'user' ? 'userPrincipalName' : 'displayName';
  const example = JSON.stringify({ target: name, source });
  throw new MappingError([], `${name} is required and no rule gives it a value; for example ${example}`);
}

function matchingKeys(kind: PrincipalKind, compiled: readonly CompiledRule[]): string[] {
  const given = compiled
    .filter(({ rule }) => rule.matching !== undefined)
    .sort((a, b) => (a.rule.matching ?? 0) - (b.rule.matching ?? 0))
    .map(({ target }) => target.key);
  return given.length > 0 ? given : ['externalId', kindTraits[kind].nameAttribute];
}

function redactedKeys({ source, target, rule }: CompiledRule): string[] {
  if (!source.redacts) return [];
  return [target.key, ...(rule.values ?? []).map(value => valuePath(target.path, value))];
}
