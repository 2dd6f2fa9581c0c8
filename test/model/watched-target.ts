import type { RequestRecord, StoredResource } from '../../src/local/databricks/types.ts';
import type { World } from '../harness/world.ts';
import type { Taken } from './justification.ts';
import type { Observed, ObservedTarget } from './observed-target.ts';
import type { EntityKind } from './snapshot.ts';

const KIND_OF: Readonly<Record<StoredResource['type'], EntityKind>> = {
  Users: 'user',
  Groups: 'group',
  ServicePrincipals: 'servicePrincipal',
};

/** The resources of the target that carry an Entra object id. @throws when two carry the same one. */
export function observe(world: World): ObservedTarget {
  const { store } = world.cloud.databricks;
  const seen = new Map<string, Observed>();
  for (const { externalId, type, ...resource } of [
    ...store.users,
    ...store.groups,
    ...store.servicePrincipals,
  ]) {
    if (externalId === undefined) continue;
    if (seen.has(externalId)) throw new Error(`two resources carry ${externalId}`);
    const { displayName = '', userName, applicationId, active = true } = resource;
    const members = [...resource.members].map(id => entraIdOf(world, id));
    const name = userName ?? applicationId ?? displayName;
    seen.set(externalId, {
      kind: KIND_OF[type],
      id: externalId,
      name,
      displayName,
      active,
      members: new Set(members),
    });
  }
  return seen;
}

/** What the requests took away, with the time at which each arrived. */
export function takenBy(world: World, records: readonly RequestRecord[]): { at: number; taken: Taken }[] {
  return records.flatMap(({ at, method, path, body }) => {
    const scimId = path.split(/[/?]/)[2] ?? '';
    const id = entraIdOf(world, scimId);
    if (method === 'DELETE') return [{ at, taken: { what: 'resource', id } satisfies Taken }];
    const operations: { op: string; path?: string; value?: unknown }[] = Object(body).Operations ?? [];
    return operations.flatMap((operation): { at: number; taken: Taken }[] => {
      const member = /^members\[value eq "(.*)"\]$/.exec(operation.path ?? '')?.[1];
      if (operation.op === 'remove' && member !== undefined) {
        return [{ at, taken: { what: 'membership', id: entraIdOf(world, member), group: id } }];
      }
      if (operation.path !== 'active' || operation.value !== false) return [];
      const { type = 'Users', userName = '' } = world.cloud.databricks.store.find(scimId) ?? {};
      return [{ at, taken: { what: 'account', id, kind: KIND_OF[type], name: userName } }];
    });
  });
}

function entraIdOf(world: World, scimId: string): string {
  return world.cloud.databricks.store.find(scimId)?.externalId ?? `foreign ${scimId}`;
}
