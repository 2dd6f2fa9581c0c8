import type { Places } from './places.ts';

/** One change in Entra ID, and how to see in Databricks that it has arrived. */
export interface TourStep {
  readonly name: string;
  /** For people. */
  readonly what: string;
  /** Reads what is compared with later; its time does not count. */
  prepare?(): Promise<unknown>;
  /** Writes through Graph. The latency runs from its end. */
  change(): Promise<void>;
  /** One SCIM request that reads a single resource, or two. */
  hasArrived(): Promise<boolean>;
}

/** Hire, rename, join, leave: in this order, each with people of its own. */
export function tourSteps(places: Places): TourStep[] {
  return [
    hire(places),
    renameUser(places),
    renameGroup(places),
    ...joins(places),
    disable(places),
    remove(places),
    erase(places),
  ];
}

function hire(places: Places): TourStep {
  const { hireInto } = places.cast;
  let id = '';
  let group = '';
  let before = new Set<string>();
  return {
    name: 'hire',
    what: 'a new user, added to a group',
    prepare: async () => {
      const found = await places.groupOf(hireInto);
      group = found.id;
      before = valuesOf((await places.group(group)).members);
    },
    change: async () => {
      const created = await places.graph<{ id: string }>('POST', '/users', {
        accountEnabled: true,
        displayName: 'Grace Hopper',
        givenName: 'Grace',
        surname: 'Hopper',
        mailNickname: 'grace.hopper',
        userPrincipalName: `grace.hopper@${places.domain}`,
        passwordProfile: { password: crypto.randomUUID(), forceChangePasswordNextSignIn: true },
      });
      id = created.id;
      await places.graph('POST', `/groups/${hireInto}/members/$ref`, places.reference(id));
    },
    hasArrived: async () => {
      for (const value of valuesOf((await places.group(group)).members)) {
        if (before.has(value)) continue;
        const { externalId, active } = await places.user(value);
        if (externalId === id && active) return true;
        before.add(value);
      }
      return false;
    },
  };
}

function renameUser(places: Places): TourStep {
  const { renamedUser } = places.cast;
  const displayName = 'Renée Ægir-O’Neill 🎉';
  const there = scimUser(places, renamedUser);
  return {
    name: 'rename user',
    what: 'a new display name',
    prepare: there.find,
    change: () => places.graph('PATCH', `/users/${renamedUser}`, { displayName }),
    hasArrived: async () => (await there.read()).displayName === displayName,
  };
}

function renameGroup(places: Places): TourStep {
  const { renamedGroup } = places.cast;
  const displayName = 'Operations & Logistics';
  let scimId = '';
  return {
    name: 'rename group',
    what: 'a new display name',
    prepare: async () => {
      scimId = (await places.groupOf(renamedGroup)).id;
    },
    change: () => places.graph('PATCH', `/groups/${renamedGroup}`, { displayName }),
    hasArrived: async () => (await places.group(scimId)).displayName === displayName,
  };
}

function joins(places: Places): TourStep[] {
  const { join, joiner, joinNested, nestedJoiner, aboveNested } = places.cast;
  return [
    membership(places, {
      name: 'join group',
      what: 'a member more',
      user: joiner,
      group: join,
      seenIn: join,
      method: 'POST',
    }),
    membership(places, {
      name: 'join nested group',
      what: 'a member more, four levels below the assigned group',
      user: nestedJoiner,
      group: joinNested,
      seenIn: aboveNested,
      method: 'POST',
    }),
  ];
}

function disable(places: Places): TourStep {
  const { disabled } = places.cast;
  const there = scimUser(places, disabled);
  return {
    name: 'disable',
    what: 'an account that is switched off',
    prepare: there.find,
    change: () => places.graph('PATCH', `/users/${disabled}`, { accountEnabled: false }),
    hasArrived: async () => !(await there.read()).active,
  };
}

function remove(places: Places): TourStep {
  const { user, group } = places.cast.removed;
  return membership(places, {
    name: 'remove from group',
    what: 'a member less',
    user,
    group,
    seenIn: group,
    method: 'DELETE',
  });
}

function erase(places: Places): TourStep {
  const { deleted } = places.cast;
  const there = scimUser(places, deleted);
  return {
    name: 'delete',
    what: 'a deleted user, switched off and out of his groups',
    prepare: there.find,
    change: () => places.graph('DELETE', `/users/${deleted}`),
    hasArrived: async () => {
      const { active, groups = [] } = await there.read();
      return !active && groups.length === 0;
    },
  };
}

function membership(
  places: Places,
  o: { name: string; what: string; user: string; group: string; seenIn: string; method: 'POST' | 'DELETE' },
): TourStep {
  const there = scimUser(places, o.user);
  let scimGroup = '';
  let scimUserId = '';
  const path = `/groups/${o.group}/members`;
  return {
    name: o.name,
    what: o.what,
    prepare: async () => {
      scimUserId = await there.find();
      scimGroup = (await places.groupOf(o.seenIn)).id;
    },
    change: () =>
      o.method === 'POST'
        ? places.graph('POST', `${path}/$ref`, places.reference(o.user))
        : places.graph('DELETE', `${path}/${o.user}/$ref`),
    hasArrived: async () =>
      valuesOf((await places.group(scimGroup)).members).has(scimUserId) === (o.method === 'POST'),
  };
}

/** A user of the cast in Databricks, found once by name and read by id from then on. */
function scimUser(places: Places, objectId: string) {
  let scimId = '';
  return {
    find: async (): Promise<string> => {
      const { userPrincipalName } = await places.graph<{ userPrincipalName: string }>(
        'GET',
        `/users/${objectId}`,
      );
      scimId = (await places.userNamed(userPrincipalName)).id;
      return scimId;
    },
    read: () => places.user(scimId),
  };
}

function valuesOf(references: readonly { readonly value: string }[] = []): Set<string> {
  return new Set(references.map(({ value }) => value));
}
