import { memberPath } from './filter.ts';
import type { PatchOperation } from './types.ts';

/**
 * The PATCH bodies we send: only forms that every Databricks back end is known to take (RFC 7644 §3.5.2, and the
 * forms that the Terraform provider sends).
 */

/** What a PATCH may set. Values keep their JSON type: booleans are not sent as strings. */
export type AttributeValues = Readonly<Record<string, string | boolean | undefined>>;

/**
 * One `replace` per attribute, in the order given. A key may be a path (`name.givenName`). `undefined` is left out:
 * it means "not ours to say".
 */
export function replaceAttributes(values: AttributeValues): PatchOperation[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => ({ op: 'replace', path, value }));
}

/** One `add` for all of them; none for no ids. The caller keeps to the number of values a PATCH may hold. */
export function addMembers(ids: readonly string[]): PatchOperation[] {
  if (ids.length === 0) return [];
  return [{ op: 'add', path: 'members', value: ids.map(value => ({ value })) }];
}

/**
 * One filtered `remove` per id, without a value. `remove members` with a list of values, the other form that RFC
 * 7644 readers expect, has emptied whole groups (mick2004/nested-aad-scim-connector issue 5), so it is never sent.
 */
export function removeMembers(ids: readonly string[]): PatchOperation[] {
  return ids.map(id => ({ op: 'remove', path: memberPath(id) }));
}
