import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { ActualPicture, KnownLink, PlanItem } from '../planning/compare.ts';

/**
 * Active users of the target that carry an Entra object id which Entra does not know, and that no link of ours
 * explains: leavers that nobody switched off. They are reported and held, never switched off by themselves.
 */
export async function findUnknownResources(
  directory: GraphDirectory,
  actual: ActualPicture,
  links: readonly KnownLink[],
): Promise<PlanItem[]> {
  const ours = new Set(
    links.flatMap(({ scimId, principal }) =>
      principal.kind === 'user' && scimId !== undefined ? [scimId] : [],
    ),
  );
  const strangers = actual.users.filter(
    ({ scimId, externalId, active }) => active === true && !ours.has(scimId) && isObjectId(externalId),
  );
  const known = await directory.getUsers(strangers.map(({ externalId }) => externalId ?? ''));
  return strangers
    .filter(({ externalId }) => known.get(externalId ?? '') === undefined)
    .map(({ externalId, scimId }) => ({
      principal: { kind: 'user', id: externalId ?? '' },
      action: 'unknown-in-source',
      rowClass: 'revoke',
      scimId,
      detail: ['active'],
    }));
}

/** Other values of externalId were not written by a tool that follows our convention, and say nothing. */
function isObjectId(externalId: string | undefined): boolean {
  return externalId !== undefined && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(externalId);
}
