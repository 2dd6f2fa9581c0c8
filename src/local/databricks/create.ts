import { randomUUID } from 'node:crypto';
import type { Account, NewResource } from './account.ts';
import { flagValue, isRecord, nameValue, objectBody, textValue, valueList } from './attribute-values.ts';
import { admitMember } from './nesting.ts';
import { groupExists, invalid, notPermitted, Refusal } from './refusal.ts';
import { isReservedName, isSystemGroup } from './system-groups.ts';
import type { ResourceType, Semantics, StoredResource } from './types.ts';

/**
 * POST. Guess: only names are unique. An `externalId` may be another's as well, so that one can be planted.
 *
 * @throws Refusal
 */
export function createResource(
  account: Account,
  type: ResourceType,
  rawBody: unknown,
  semantics: Semantics,
): StoredResource {
  const body = objectBody(rawBody);
  const { displayName } = body;
  semantics.admit({ type, current: undefined, attributes: new Set(Object.keys(body)), displayName });
  if (type === 'Groups') return createGroup(account, body, semantics);
  const identity = type === 'Users' ? userIdentity(body) : applicationIdentity(body);
  return account.add({ type, ...identity, ...replaceable(type, body, semantics) });
}

/**
 * PUT: what the body does not name is lost, but for `userName`, `emails` and `applicationId`, which silently stay
 * as they are (databricks-sdk-go, service/iam/interface.go). Guess: `active` left out means active.
 *
 * @throws Refusal
 */
export function replaceResource(
  account: Account,
  current: StoredResource,
  rawBody: unknown,
  semantics: Semantics,
): StoredResource {
  const body = objectBody(rawBody);
  if (isSystemGroup(current)) throw notPermitted();
  semantics.admit({ type: current.type, current, attributes: new Set(Object.keys(body)) });
  const { roles, entitlements, ...fields } = replaceable(current.type, body, semantics);
  let replaced: StoredResource = {
    type: current.type,
    id: current.id,
    userName: current.userName,
    applicationId: current.applicationId,
    ...fields,
    ...(keepsName(current, semantics) && { displayName: current.displayName }),
    roles: new Set(roles),
    entitlements: semantics.entitlements === 'kept' ? new Set(entitlements) : current.entitlements,
    members: new Set(),
  };
  if (current.type === 'Groups') {
    const members = new Set(valueList('members', body.members));
    for (const member of members) if (!current.members.has(member)) admitMember(account, current.id, member);
    replaced = { ...replaced, displayName: groupName(body.displayName, current.displayName), members };
  }
  account.put(replaced);
  return replaced;
}

/**
 * A group name that may be given to a group. Reserved ones are refused as if they existed (databrickslabs/migrate
 * issue 7), and so, as a guess, are they in any case and between blanks.
 */
export function groupName(value: unknown, current?: string): string {
  const name = textValue('displayName', value);
  if (name === undefined) throw invalid('invalidValue', 'displayName is required');
  if (name !== current && isReservedName(name)) throw groupExists(name);
  return name;
}

function createGroup(account: Account, body: Record<string, unknown>, semantics: Semantics): StoredResource {
  const displayName = groupName(body.displayName);
  const members = valueList('members', body.members);
  const { membersAtCreate } = account.caps;
  if (members.length > membersAtCreate) {
    throw new Refusal(400, `A group is created with ${membersAtCreate} members at most`);
  }
  const group = account.add({ ...replaceable('Groups', body, semantics), type: 'Groups', displayName });
  if (members.length === 0) return group;
  try {
    for (const member of members) admitMember(account, group.id, member);
  } catch {
    // databrickslabs/ucx issue 555: the group is there all the same.
    throw new Refusal(500, `Failed to update members of group ${displayName}`);
  }
  return account.change('Groups', group.id, { members: new Set(members) });
}

/**
 * `emails` may be left out; when its work address is given it must be the user name (Entra tutorial "Configure Azure
 * Databricks SCIM Provisioning Connector"). Guess: a user name must look like an address.
 */
function userIdentity(body: Record<string, unknown>): { userName: string } {
  const userName = required(body, 'userName');
  if (!/^\S+@\S+$/.test(userName)) throw invalid('invalidValue', 'userName must be an email address');
  const emails: unknown = body.emails ?? [];
  if (!Array.isArray(emails)) throw invalid('invalidSyntax', 'emails must be an array');
  for (const email of emails.filter(isRecord)) {
    if (email.type !== undefined && email.type !== 'work') continue;
    const address = textValue('emails.value', email.value);
    if (address?.toLowerCase() !== userName.toLowerCase()) {
      throw invalid('invalidValue', 'the work email must be equal to userName');
    }
  }
  return { userName };
}

/**
 * Without an application id Databricks makes a service principal of its own, with an id that Entra knows nothing of
 * (Terraform provider, resource_service_principal.go: computed). Guess: on Azure as well, and without a word.
 */
function applicationIdentity(body: Record<string, unknown>): { applicationId: string } {
  return { applicationId: textValue('applicationId', body.applicationId) ?? randomUUID() };
}

function replaceable(
  type: ResourceType,
  body: Record<string, unknown>,
  semantics: Semantics,
): Omit<NewResource, 'type'> {
  return {
    displayName: textValue('displayName', body.displayName),
    externalId: textValue('externalId', body.externalId),
    active: type === 'Groups' ? undefined : flagValue('active', body.active ?? true),
    name: type === 'Users' ? nameValue(body.name) : undefined,
    roles: valueList('roles', body.roles),
    // Guess: where there are none, they are neither stored nor refused.
    entitlements: semantics.entitlements === 'kept' ? valueList('entitlements', body.entitlements) : [],
  };
}

/** Whether what a user is called is none of this endpoint's business. */
export function keepsName({ type }: Pick<StoredResource, 'type'>, { userDisplayName }: Semantics): boolean {
  return type === 'Users' && userDisplayName === 'ignored';
}

function required(body: Record<string, unknown>, attribute: string): string {
  const value = textValue(attribute, body[attribute]);
  if (value === undefined) throw invalid('invalidValue', `${attribute} is required`);
  return value;
}
