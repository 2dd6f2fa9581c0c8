import type { Attributes } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type { SourceReader, SourceValue } from '../identity/source-values.ts';
import { kindTraits } from '../planning/kind-traits.ts';
import { MappingFailure } from './attribute-mapping-errors.ts';
import type { CompiledRule } from './attribute-mapping-rule.ts';
import { valueAttributes } from './attribute-mapping-values.ts';
import { textOf } from './expression/values.ts';
import { type TargetAttribute, targetAttributes } from './target-attributes.ts';

/** What the target should hold of one object, by flat key. */
export interface MappedResource {
  /**
   * Everything for a create. Values of roles and entitlements that are not to be given are false in it: a new
   * resource has none of them, they are no part of the request.
   */
  readonly create: Attributes;
  /**
   * What a linked resource must hold; what is not named is left alone, the empty string clears. The immutable name is
   * in it, whatever the mapping says about applying, so that a change of it is noticed.
   */
  readonly set: Attributes;
  /** Values of the matching attributes, without those that this object has no value for. */
  readonly match: Readonly<Record<string, string>>;
  /**
   * SCIM paths of required attributes without a value, and of the matching ones if none has any. The object may be
   * neither created nor changed then, only revoked.
   */
  readonly missing: readonly string[];
  /** Why the target would refuse the create. Linked resources are not concerned. */
  readonly createRefusal?: MappingFailure;
}

/** The rules of one kind, and what the object at hand may be given. */
export interface ObjectMapping {
  readonly kind: PrincipalKind;
  readonly rules: readonly CompiledRule[];
  readonly matching: readonly string[];
  readonly adminAllowList: ReadonlySet<string>;
}

/** @throws {MappingFailure} */
export function mapObject(read: SourceReader, mapping: ObjectMapping): MappedResource {
  const { kind, rules, matching, adminAllowList } = mapping;
  const objectId = read('objectId');
  const mayAdminister = typeof objectId === 'string' && adminAllowList.has(objectId.toLowerCase());
  const parts = [
    ...targetAttributes(kind).flatMap(target => implicitPart(target, read)),
    ...rules
      .filter(({ target }) => target.follows === undefined)
      .map(rule =>
        rule.target.type === 'values'
          ? valuesPart(rule, read, mayAdminister)
          : textPart(rule, read, rule.target.key === kindTraits[kind].nameAttribute),
      ),
  ];
  const create: Attributes = Object.assign({}, ...parts.map(part => part.create));
  const set: Attributes = Object.assign({}, ...parts.map(part => part.set));
  const known: Attributes = Object.assign({}, create, ...parts.map(part => part.match));
  const match = Object.fromEntries(
    matching.flatMap(key => {
      const value = known[key];
      return typeof value === 'string' ? [[key, value]] : [];
    }),
  );
  const missing = new Set(parts.flatMap(part => part.missing ?? []));
  if (Object.keys(match).length === 0) for (const key of matching) missing.add(key);
  return { ...withMatchingEmail(create), set, match, missing: [...missing] };
}

/**
 * Databricks wants the work e-mail equal to userName, which it folds itself. Whether the comparison folds as well is
 * unknown: where nothing but case differs, userName is sent twice.
 */
function withMatchingEmail(create: Attributes): Pick<MappedResource, 'create' | 'createRefusal'> {
  const { email, userName } = create;
  if (typeof email !== 'string' || typeof userName !== 'string') return { create };
  if (foldName(email) === foldName(userName)) return { create: { ...create, email: userName } };
  const text = 'differs from userName, which Databricks refuses';
  const path = 'emails[type eq "work"].value';
  return { create, createRefusal: new MappingFailure('MappingEmailDiffers', path, text) };
}

/** What one target attribute contributes. */
interface Part {
  readonly create?: Attributes;
  readonly set?: Attributes;
  readonly match?: Attributes;
  /** The target attribute that lacks a value. */
  readonly missing?: string;
}

function implicitPart(target: TargetAttribute, read: SourceReader): Part[] {
  if (target.follows === undefined) return [];
  const source = read(target.follows);
  if (target.type === 'boolean') {
    // Neither answer would be safe to make up.
    if (typeof source !== 'boolean') throw new TypeError(`${target.follows} is not known`);
    return [written(target, !source)];
  }
  const text = source === '' ? undefined : singleText(source, target);
  return [text === undefined ? { missing: target.path } : written(target, text)];
}

function written(target: TargetAttribute, value: string | boolean): Part {
  const attributes = { [target.key]: value };
  return { create: attributes, set: attributes };
}

function valuesPart(
  { rule, target, source, onCreateOnly }: CompiledRule,
  read: SourceReader,
  mayAdminister: boolean,
): Part {
  const { value, ignored } = source.flow(read);
  const missing = rule.required === true && value === null ? target.path : undefined;
  if (ignored) return { missing };
  const policy = { attribute: target.path, values: rule.values ?? [], assert: rule.assert === true };
  const attributes = valueAttributes(policy, value, mayAdminister);
  return { create: attributes, set: onCreateOnly ? {} : attributes, missing };
}

function textPart(
  { rule, target, source, onCreateOnly }: CompiledRule,
  read: SourceReader,
  isName: boolean,
): Part {
  const { value, ignored } = source.flow(read);
  const text = ignored ? undefined : singleText(value, target);
  if (target.writable === 'never') return text === undefined ? {} : { match: { [target.key]: text } };
  const initial = text ?? (ignored ? undefined : rule.default);
  const required = target.required || rule.required === true;
  // A name of nothing but blanks is none.
  if (required && (initial === undefined || initial.trim() === '')) return { missing: target.path };
  const cleared = rule.clearWhenEmpty === true && !ignored ? '' : undefined;
  const lasting = text ?? cleared;
  const onceOnly = target.writable === 'create' ? !isName : onCreateOnly;
  return {
    create: initial === undefined ? {} : { [target.key]: initial },
    set: lasting === undefined || onceOnly ? {} : { [target.key]: lasting },
  };
}

function singleText(value: SourceValue, target: TargetAttribute): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'object')
    throw new MappingFailure('MappingValueIsList', target.path, 'takes one value, the mapping gives several');
  const text = textOf(value);
  if (target.maxLength !== undefined && text.length > target.maxLength)
    throw new MappingFailure(
      'MappingValueTooLong',
      target.path,
      `takes ${target.maxLength} characters, the mapping gives ${text.length}`,
    );
  return text;
}
