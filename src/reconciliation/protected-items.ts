import { isReservedGroupName } from '../databricks/reserved-groups.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import { kindTraits } from '../planning/kind-traits.ts';
import type { ActualPicture, DesiredPicture, KnownLink, PlanAction, PlanItem } from '../planning/picture.ts';
import type { Target } from '../provisioning/target.ts';
import type { Plan } from './plan.ts';

/**
 * Without what would take something away from who is protected. Who we are in the target is asked only where it matters;
 * where that cannot be found out, the owner's look asks again before it writes.
 */
export async function withoutProtected(
  target: Target,
  items: readonly PlanItem[],
  { desired, links, log }: { desired: DesiredPicture; links: readonly KnownLink[]; log: Logger },
): Promise<PlanItem[]> {
  const { protectedObjectIds } = target.policy;
  const names = new Map(links.map(({ principal, name }) => [principalKey(principal), name]));
  const kept: PlanItem[] = [];
  let isAsked = true;
  for (const item of items) {
    const { principal, scimId } = item;
    const isOurs = async (): Promise<boolean> => {
      if (protectedObjectIds.has(principal.id.toLowerCase())) return true;
      if (!isAsked) return false;
      const name = names.get(principalKey(principal)) ?? '';
      const answer = await isOwn(target, principal, { scimId, name }, log);
      isAsked = answer !== undefined;
      return answer === true;
    };
    if (!takesAway(item, desired) || !(await isOurs())) kept.push(item);
  }
  return kept;
}

/**
 * Says of groups without a resource which ones may not have their name: whatever the target holds under it is nobody's
 * to take over, and every workspace has groups of its own.
 */
export function withProtectedNames(
  { policy }: Pick<Target, 'policy'>,
  items: readonly PlanItem[],
  { groups }: DesiredPicture,
): PlanItem[] {
  return items.map(item => {
    const { principal, action } = item;
    if (principal.kind !== 'group' || !bringsIn.includes(action)) return item;
    const name = String(groups.get(principal.id)?.create.displayName ?? '');
    if (!isReservedGroupName(name) && !policy.isProtectedGroupName(name)) return item;
    return { principal, action: 'protected-name', rowClass: item.rowClass, detail: [] };
  });
}

/** What a comparison has to say about somebody who has no resource yet. */
const bringsIn: readonly PlanAction[] = [
  'create',
  'adopt',
  'propose-adoption',
  'refuse-adoption',
  'ambiguous-match',
];

/** Whether names would have to be taken over from somebody. */
export async function takesOver(
  target: Target,
  { items, actual }: Pick<Plan, 'items' | 'actual'>,
  log: Logger,
): Promise<boolean> {
  for (const item of items) {
    if (item.action !== 'propose-adoption' && item.action !== 'refuse-adoption') continue;
    if (!(await isAboutUs(target, item, actual, log))) return true;
  }
  return false;
}

/** The account that we sign in with is an administrator, and there before anything else. */
async function isAboutUs(
  target: Target,
  { principal, scimId }: PlanItem,
  actual: ActualPicture,
  log: Logger,
): Promise<boolean> {
  if (target.policy.protectedObjectIds.has(principal.id.toLowerCase())) return true;
  const name = actual.resources[principal.kind].find(one => one.scimId === scimId)?.name ?? '';
  return (await isOwn(target, principal, { scimId, name }, log)) === true;
}

/** Undefined where the target does not say. */
async function isOwn(
  { id, own }: Target,
  { kind }: Principal,
  account: { readonly scimId: string | undefined; readonly name: string },
  log: Logger,
): Promise<boolean | undefined> {
  if (own === undefined || !kindTraits[kind].isAccount) return false;
  try {
    return await own.is(account, {}, ask => ask());
  } catch (error) {
    log.warn('own-identity-unknown', { target: id, error: describeError(error) });
    return undefined;
  }
}

function takesAway({ action, principal: { id } }: PlanItem, desired: DesiredPicture): boolean {
  return (
    action === 'deactivate' ||
    action === 'unassign-workspace' ||
    (action === 'members' && !desired.groups.has(id))
  );
}
