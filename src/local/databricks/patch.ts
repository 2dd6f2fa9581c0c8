import type { Account } from './account.ts';
import { flagValue, nameValue, textValue, unwrapped, valueList } from './attribute-values.ts';
import { groupName } from './create.ts';
import { admitMember } from './nesting.ts';
import { type Change, parsePatch } from './patch-operation.ts';
import { invalid, noSuchAttribute, Refusal } from './refusal.ts';
import type { ResourceType, StoredResource } from './types.ts';

/** What `remove members` with a list of values takes away: both were seen in the field. */
export type RemovalSemantics = 'removeAll' | 'removeListed';

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
  removal: RemovalSemantics,
): StoredResource {
  const changes = parsePatch(body);
  const draft: Draft = {
    ...current,
    roles: new Set(current.roles),
    entitlements: new Set(current.entitlements),
    members: new Set(current.members),
  };
  try {
    for (const change of changes) apply(account, draft, change, removal);
  } catch (error) {
    if (error instanceof Refusal && error.keepsEarlier) account.put(draft);
    throw error;
  }
  account.put(draft);
  return draft;
}

function apply(account: Account, draft: Draft, change: Change, removal: RemovalSemantics): void {
  const { attribute } = change;
  switch (RULES[draft.type][attribute]) {
    case 'ignored':
      return;
    case 'text':
      applyText(draft, attribute as 'displayName' | 'externalId', change);
      return;
    case 'flag':
      if (change.op === 'remove') throw invalid('invalidValue', `${attribute} cannot be removed`);
      draft.active = flagValue(attribute, unwrapped(change.value));
      return;
    case 'name':
      applyName(draft, change);
      return;
    case 'values':
      applyValues(account, draft, attribute as Multi, change, removal);
      return;
    case 'readOnly':
      throw invalid('mutability', `${attribute} is read-only`);
    case undefined:
      throw noSuchAttribute(attribute);
  }
}

function applyText(draft: Draft, attribute: 'displayName' | 'externalId', change: Change): void {
  if (change.op === 'remove' && draft[attribute] === undefined) throw noSuchAttribute(attribute);
  const value = change.op === 'remove' ? undefined : unwrapped(change.value);
  if (draft.type === 'Groups' && attribute === 'displayName') {
    draft.displayName = groupName(value, draft.displayName);
    return;
  }
  const text = textValue(attribute, value);
  // Clearing an externalId works for groups only (databricks-solutions/aim-divergence-fix). Guess: no error otherwise.
  if (text === undefined && attribute === 'externalId' && draft.type !== 'Groups') return;
  draft[attribute] = text;
}

function applyName(draft: Draft, change: Change): void {
  if (change.op === 'remove' && draft.name === undefined) throw noSuchAttribute('name');
  const value = change.op === 'remove' ? undefined : change.value;
  const { sub } = change;
  if (sub === undefined) {
    draft.name = change.op === 'add' ? { ...draft.name, ...nameValue(value) } : nameValue(value);
  } else if (sub === 'givenName' || sub === 'familyName') {
    draft.name = { ...draft.name, [sub]: textValue(`name.${sub}`, unwrapped(value)) };
  } else {
    throw noSuchAttribute(sub);
  }
}

function applyValues(
  account: Account,
  draft: Draft,
  attribute: Multi,
  change: Change,
  removal: RemovalSemantics,
): void {
  const values = draft[attribute];
  if (change.sub !== undefined) throw invalid('invalidPath', 'Path is not valid');
  if (change.op === 'remove') {
    if (values.size === 0) throw noSuchAttribute(attribute);
    const listed =
      change.element === undefined ? listedForRemoval(attribute, change.value, removal) : [change.element];
    if (listed === undefined) values.clear();
    else for (const value of listed) values.delete(value);
    return;
  }
  // databricks-sdk-java issue 279.
  if (change.element !== undefined) throw new Refusal(500, failedPatch(draft.type));
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

/** terraform-provider-databricks issue 1866; WSO2 Charon, GroupResourceManager.java. */
export function failedPatch(type: ResourceType): string {
  return `Error in performing the patch operation on ${type === 'Groups' ? 'group' : 'user'} resource.`;
}
