import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { ActualPicture, KnownLink, PlanItem } from '../planning/picture.ts';
import { readAccounts } from '../provisioning/source-account.ts';

/**
 * Active accounts of the target that carry an Entra object id which Entra does not know, and that no link of ours
 * explains: leavers that nobody switched off. They are reported and held, never switched off by themselves.
 */
export async function findUnknownResources(
  directory: GraphDirectory,
  actual: ActualPicture,
  links: readonly KnownLink[],
): Promise<PlanItem[]> {
  const items: PlanItem[] = [];
  for (const kind of ['user', 'servicePrincipal'] as const) {
    const ours = new Set(links.flatMap(({ scimId, principal: p }) => (p.kind === kind ? [scimId] : [])));
    const strangers = actual.resources[kind].flatMap(({ scimId, externalId, active }) =>
      active === true && !ours.has(scimId) && isObjectId(externalId) ? [{ scimId, id: externalId }] : [],
    );
    const ids = strangers.map(({ id }) => id);
    const known = await readAccounts(directory, kind, ids);
    for (const { scimId, id } of strangers) {
      if (known.get(id) !== undefined) continue;
      const principal = { kind, id };
      items.push({ principal, action: 'unknown-in-source', rowClass: 'revoke', scimId, detail: ['active'] });
    }
  }
  return items;
}

/** Other values of externalId were not written by a tool that follows our convention, and say nothing. */
function isObjectId(externalId: string | undefined): externalId is string {
  return externalId !== undefined && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(externalId);
}
