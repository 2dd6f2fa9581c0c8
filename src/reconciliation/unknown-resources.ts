import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { LifecyclePolicy } from '../planning/lifecycle.ts';
import type { ActualPicture, KnownLink, PlanItem } from '../planning/picture.ts';
import { readAccounts, type SourceAccount } from '../provisioning/source-account.ts';

/**
 * Active accounts of the target that carry the object id of somebody whom Entra does not know, or has disabled, and
 * that no link of ours explains: leavers that nobody switched off, as after a loss of our state. They are reported and
 * held, never switched off by themselves.
 */
export async function findUnknownResources(
  directory: GraphDirectory,
  actual: ActualPicture,
  links: readonly KnownLink[],
  lifecycle: LifecyclePolicy,
): Promise<PlanItem[]> {
  const isExplained = (account: SourceAccount | undefined): boolean => {
    if (account === undefined) return false;
    const rules = account.kind === 'user' ? lifecycle.users : lifecycle.servicePrincipals;
    return account.accountEnabled || rules.disabled.action === 'keep';
  };
  const items: PlanItem[] = [];
  for (const kind of ['user', 'servicePrincipal'] as const) {
    const ours = new Set(links.flatMap(({ scimId, principal: p }) => (p.kind === kind ? [scimId] : [])));
    const strangers = actual.resources[kind].flatMap(({ scimId, externalId, active }) =>
      active === true && !ours.has(scimId) && isObjectId(externalId) ? [{ scimId, id: externalId }] : [],
    );
    const ids = strangers.map(({ id }) => id);
    const known = await readAccounts(directory, kind, ids);
    for (const { scimId, id } of strangers) {
      if (isExplained(known.get(id))) continue;
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
