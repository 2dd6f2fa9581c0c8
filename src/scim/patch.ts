import { parseValuePath, valuePath } from '../identity/desired.ts';
import type { PatchOperation } from './types.ts';

/**
 * The PATCH bodies we send: only forms that every Databricks back end is known to take (RFC 7644 §3.5.2, and the
 * forms that the Terraform provider sends).
 */

/**
 * What a PATCH changes, by SCIM path (`displayName`, `name.givenName`, `emails[type eq "work"].value`):
 * - text or a boolean: the new value. Booleans are not sent as strings.
 * - `''`: no value any more. Databricks is known to take an empty string for a group's externalId only
 *   (databricks-solutions/aim-divergence-fix); RFC 7644 has `remove` for it.
 * - `undefined`: left out, not ours to say.
 * - for one value of a multi-valued attribute (`roles[value eq "account_admin"]`): `true` gives it, `false` takes it
 *   away. The attribute's other values stay.
 */
export type AttributeChanges = Readonly<Record<string, string | boolean | undefined>>;

/**
 * The operations that make these changes: values are taken away first, so that a back end which stops in the middle
 * has not granted before it revoked, then plain attributes in the order given, then one `add` per multi-valued
 * attribute. None for no changes.
 *
 * A `remove` of what the resource does not have may be answered with 400 "No such attribute" for the whole PATCH, and
 * then nothing of it need have been applied.
 *
 * @throws RangeError when one value of a multi-valued attribute is given text: it is there or it is not.
 */
export function changeAttributes(changes: AttributeChanges): PatchOperation[] {
  const withdrawn: PatchOperation[] = [];
  const plain: PatchOperation[] = [];
  const granted = new Map<string, { value: string }[]>();
  for (const [path, wanted] of Object.entries(changes)) {
    if (wanted === undefined) continue;
    const flag = parseValuePath(path);
    if (flag === undefined) {
      plain.push(wanted === '' ? { op: 'remove', path } : { op: 'replace', path, value: wanted });
      continue;
    }
    const { list, value } = flag;
    if (typeof wanted !== 'boolean') throw new RangeError(`a value of ${list} is there or not: no text`);
    if (wanted) granted.set(list, [...(granted.get(list) ?? []), { value }]);
    else withdrawn.push({ op: 'remove', path: valuePath(list, value) });
  }
  const adds = [...granted].map(([path, value]): PatchOperation => ({ op: 'add', path, value }));
  return [...withdrawn, ...plain, ...adds];
}

/**
 * One `add` for all of them; none for no ids. A member is a user, a group or a service principal, and its id is all
 * that is sent (Terraform provider, group_member): the target knows which of them it is. The caller keeps
 * to the number of values a PATCH may hold.
 */
export function addMembers(ids: readonly string[]): PatchOperation[] {
  if (ids.length === 0) return [];
  return [{ op: 'add', path: 'members', value: ids.map(value => ({ value })) }];
}

/**
 * One filtered `remove` per id, without a value. `remove members` with a list of values, the other form that RFC
 * 7644 readers expect, has emptied whole groups (mick2004/nested-aad-scim-connector issue 5), so it is never sent.
 */
export function removeMembers(ids: readonly string[]): PatchOperation[] {
  return ids.map(id => ({ op: 'remove', path: valuePath('members', id) }));
}
