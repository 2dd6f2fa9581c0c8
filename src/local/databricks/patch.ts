import type { Account } from './account.ts';
import { flagValue, nameValue, textValue, unwrapped, valueList } from './attribute-values.ts';
import { groupName, keepsName } from './create.ts';
import { admitMember } from './nesting.ts';
import { type Change, parsePatch } from './patch-operation.ts';
import { failedPatch, invalid, noSuchAttribute, notPermitted, Refusal } from './refusal.ts';
import { holdsEverybody, isReservedName } from './system-groups.ts';
import type { RemovalSemantics, ResourceType, Semantics, StoredResource } from './types.ts';

type Draft = { -readonly [K in keyof StoredResource]: StoredResource[K] } & Record<Multi, Set<string>>;
type Multi = 'roles' | 'entitlements' | 'members';
type Rule = 'text' | 'flag' | 'name' | 'values' | 'ignored' | 'readOnly';

/** Guess: attribute names are matched with case, and an unknown one is refused. */
const RULES: Record<ResourceType, Readonly<Record<string, Rule>>> = {
  // userName and emails: "no-op" (databricks-sdk-go, service/iam/interface.go).
  Users: {
    userName: 'ignored',
    emails: 'ignored',
    displayName: 'text',
    externalId: 'text',
    active: 'flag',
    name: 'name',
    roles: 'values',
    entitlements: 'values',
    groups: 'readOnly',
  },
  Groups: {
    displayName: 'text',
    externalId: 'text',
    members: 'values',
    roles: 'values',
    entitlements: 'values',
    groups: 'readOnly',
  },
  ServicePrincipals: {
    applicationId: 'ignored',
    displayName: 'text',
    externalId: 'text',
    active: 'flag',
    roles: 'values',
    entitlements: 'values',
    groups: 'readOnly',
  },
};

/**
 * PATCH. Guess, the hurting one each way: what fails for the sake of a member leaves the earlier operations, and the
 * earlier members of the same operation, applied; what fails otherwise leaves nothing applied, so that a removal of
 * several, refused because the last found no attribute any more, has removed nobody.
 *
 * @throws Refusal
 */
export function patchResource(
  account: Account,
  current: StoredResource,
  body: unknown,
  semantics: Semantics,
): StoredResource {
  if (holdsEverybody(current)) throw failedPatch('Groups');
  const changes = parsePatch(body, current.type);
  const attributes = new Set(changes.map(change => change.attribute));
  semantics.admit({ type: current.type, current, attributes });
  const draft: Draft = {
    ...current,
    roles: new Set(current.roles),
    entitlements: new Set(current.entitlements),
    members: new Set(current.members),
  };
  try {
    for (const change of changes) apply(account, draft, change, semantics);
  } catch (error) {
    if (error instanceof Refusal && error.keepsEarlier) account.put(draft);
    throw error;
  }
  account.put(draft);
  return draft;
}

function apply(account: Account, draft: Draft, change: Change, semantics: Semantics): void {
  const { attribute } = change;
  if (attribute === 'displayName' && keepsName(draft, semantics)) return;
  switch (RULES[draft.type][attribute]) {
    case 'ignored':
      return;
    case 'text':
      applyText(draft, attribute as 'displayName' | 'externalId', change);
      return;
    case 'flag':
      if (change.op === 'remove') throw invalid('invalidValue', `${attribute} cannot be removed`);
      // Guess: whoever is switched off keeps groups and roles, and has them again the moment he is switched on. Nobody
      // is spared, the last account admin and the caller itself included; the same goes for roles and for DELETE.
      draft.active = flagValue(attribute, unwrapped(change.value));
      return;
    case 'name':
      applyName(draft, change);
      return;
    case 'values':
      applyValues(account, draft, attribute as Multi, change, semantics);
      return;
    case 'readOnly':
      throw invalid('mutability', `${attribute} is read-only`);
    case undefined:
      throw noSuchAttribute(attribute);
  }
}

function applyText(draft: Draft, attribute: 'displayName' | 'externalId', change: Change): void {
  const removed = change.op === 'remove';
  const isGroup = draft.type === 'Groups';
  const isGroupName = isGroup && attribute === 'displayName';
  // The others always have a displayName, see renderListed.
  if (isGroupName && isReservedName(draft.displayName ?? '')) throw notPermitted();
  const isThere = draft[attribute] !== undefined || (attribute === 'displayName' && !isGroup);
  if (removed && !isThere) throw noSuchAttribute(attribute);
  const value = removed ? undefined : unwrapped(change.value);
  const text = isGroupName ? groupName(value, draft.displayName) : textValue(attribute, value);
  // An empty string clears a group's externalId and nobody else's (databricks-solutions/aim-divergence-fix). Guess:
  // that, and an empty displayName, is no error but no change either.
  const clears = attribute === 'externalId' ? isGroup : removed;
  if (text !== undefined || clears) draft[attribute] = text;
}

function applyName(draft: Draft, change: Change): void {
  const { sub } = change;
  const removed = change.op === 'remove';
  if (sub !== undefined && sub !== 'givenName' && sub !== 'familyName') throw noSuchAttribute(sub);
  const current = sub === undefined ? draft.name : draft.name?.[sub];
  if (removed && current === undefined) throw noSuchAttribute(sub ?? 'name');
  if (sub === undefined) {
    const name = removed ? undefined : nameValue(change.value);
    draft.name = filledName(change.op === 'add' ? { ...draft.name, ...name } : name);
    return;
  }
  const text = removed ? undefined : textValue(`name.${sub}`, unwrapped(change.value));
  // Guess: an empty string is no change, as for displayName.
  if (text !== undefined || removed) draft.name = filledName({ ...draft.name, [sub]: text });
}

function filledName(name: StoredResource['name']): StoredResource['name'] {
  return name?.givenName === undefined && name?.familyName === undefined ? undefined : name;
}

function applyValues(
  account: Account,
  draft: Draft,
  attribute: Multi,
  change: Change,
  { removal, entitlements }: Semantics,
): void {
  const values = draft[attribute];
  if (change.sub !== undefined) throw invalid('invalidPath', 'Path is not valid');
  // Guess: giving an entitlement where there are none is a success without effect, so that only reading tells; taking
  // one away finds no such attribute, and with it refuses the rest of the PATCH.
  if (attribute === 'entitlements' && entitlements === 'ignored' && change.op !== 'remove') return;
  if (change.op === 'remove') {
    if (values.size === 0) throw noSuchAttribute(attribute);
    const listed =
      change.element === undefined ? listedForRemoval(attribute, change.value, removal) : [change.element];
    if (listed === undefined) values.clear();
    else for (const value of listed) values.delete(value);
    return;
  }
  const wanted = valueList(attribute, change.value);
  const before = new Set(values);
  if (change.op === 'replace') values.clear();
  for (const value of wanted) {
    if (attribute === 'members' && !before.has(value)) admitMember(account, draft.id, value);
    values.add(value);
  }
}

/** Undefined is all of them: WSO2 Charon, and Databricks as nested-aad-scim-connector issue 5 met it. */
function listedForRemoval(attribute: Multi, value: unknown, removal: RemovalSemantics): string[] | undefined {
  if (removal === 'removeAll' || value === undefined || value === null) return undefined;
  return valueList(attribute, value);
}
