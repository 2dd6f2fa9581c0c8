import { randomUUID } from 'node:crypto';
import type { Realm } from '../../src/local/databricks/realm.ts';
import type { StoredResource } from '../../src/local/databricks/types.ts';
import type { ScimmyServer } from '../scim/scimmy-server.ts';

/** What a target holds, in one form for all kinds of target. */
export interface Held {
  readonly id: string;
  readonly externalId: string | undefined;
  readonly displayName: string | undefined;
  readonly active: boolean | undefined;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A kind of target, looked at behind the back of whoever provisions it. */
export interface KindOfTarget {
  readonly name: string;
  /** As state and logs name it. */
  readonly target: string;
  /** By user name, or by application id. */
  account(name: string): Held | undefined;
  group(displayName: string): (Held & { readonly members: readonly string[] }) | undefined;
  /** Somebody else makes a user. Gives its id. */
  plantUser(user: PlantedUser): string;
  /** Somebody else puts a member into a group. */
  plantMember(groupName: string, id: string): void;
  /** SCIM requests that may change something, in order of arrival. */
  writes(): readonly Sent[];
}

export interface PlantedUser {
  readonly userName: string;
  readonly displayName: string;
  readonly externalId?: string;
}

/** An account or a workspace of the local Databricks. */
export function databricksKind(name: string, target: string, realm: Realm): KindOfTarget {
  const { store } = realm;
  const held = (resource: StoredResource): Held => ({
    id: resource.id,
    externalId: resource.externalId,
    displayName: resource.displayName,
    active: resource.active,
  });
  return {
    name,
    target,
    account: key => {
      const found = store.user(key) ?? store.servicePrincipal(key);
      return found && held(found);
    },
    group: displayName => {
      const found = store.group(displayName);
      return found && { ...held(found), members: [...found.members] };
    },
    plantUser: user => store.add({ type: 'Users', ...user, name: nameOf(user) }).id,
    plantMember: (groupName, id) => {
      const group = store.group(groupName);
      if (group === undefined) throw new Error(`no group ${groupName} at ${name}`);
      store.change('Groups', group.id, { members: new Set([...group.members, id]) });
    },
    writes: () => realm.log.filter(isWrite),
  };
}

/** A SCIM server that has never heard of Databricks. */
export function scimmyKind(name: string, target: string, { stores, log }: ScimmyServer): KindOfTarget {
  const where = (table: Map<string, Record<string, unknown> & { id: string }>, key: string, value: string) =>
    [...table.values()].find(item => String(item[key]).toLowerCase() === value.toLowerCase());
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const held = (item: Record<string, unknown> & { id: string }): Held => ({
    id: item.id,
    externalId: text(item.externalId),
    displayName: text(item.displayName),
    active: item.active as boolean | undefined,
  });
  const membersOf = (item: Record<string, unknown>) => (item.members ?? []) as { value: string }[];
  return {
    name,
    target,
    account: key => {
      const found =
        where(stores.Users, 'userName', key) ?? where(stores.ServicePrincipals, 'applicationId', key);
      return found && held(found);
    },
    group: displayName => {
      const found = where(stores.Groups, 'displayName', displayName);
      return found && { ...held(found), members: membersOf(found).map(({ value }) => value) };
    },
    plantUser: user => {
      const id = randomUUID();
      const emails = [{ type: 'work', value: user.userName, primary: true }];
      stores.Users.set(id, { id, active: true, emails, name: nameOf(user), ...user });
      return id;
    },
    plantMember: (groupName, id) => {
      const group = where(stores.Groups, 'displayName', groupName);
      if (group === undefined) throw new Error(`no group ${groupName} at ${name}`);
      stores.Groups.set(group.id, { ...group, members: [...membersOf(group), { value: id }] });
    },
    writes: () => log.filter(isWrite),
  };
}

/** As the tenant has them: an alias is all the names that somebody has. */
export function namesOf(userName: string): { displayName: string; givenName: string; familyName: string } {
  const alias = userName.split('@')[0] ?? '';
  return { displayName: alias, givenName: alias, familyName: 'Contoso' };
}

function nameOf({ userName }: PlantedUser): { givenName: string; familyName: string } {
  const { givenName, familyName } = namesOf(userName);
  return { givenName, familyName };
}

/** The question whether the account manages its identities by itself is a POST, and no SCIM. */
function isWrite({ method, path }: Sent): boolean {
  return method !== 'GET' && !path.startsWith('/api/');
}
