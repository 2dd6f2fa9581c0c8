import type { Principal } from '../identity/principal.ts';
import type { LeaveRule, LifecyclePolicy } from '../planning/lifecycle.ts';
import type { Plan } from './plan.ts';

/**
 * Leavers whose next step no comparison shows: what they hold may stay because of one event, and another one, which no
 * feed told us of, may have come since; or a deletion follows some day on what is switched off by now.
 */
export function leaversToReview({ known, desired }: Plan, lifecycle: LifecyclePolicy): Principal[] {
  const wanted = { user: desired.users, servicePrincipal: desired.servicePrincipals, group: desired.groups };
  const deletes = (rules: Readonly<Record<string, LeaveRule<string>>>): boolean =>
    Object.values(rules).some(({ action }) => action === 'delete');
  const isDeletedSomeDay = {
    user: deletes(lifecycle.users),
    servicePrincipal: deletes(lifecycle.servicePrincipals),
    group: deletes(lifecycle.groups),
  };
  return known.links
    .filter(({ principal: { kind, id }, status }) => status === 'linked' && !wanted[kind].has(id))
    .filter(({ principal: { kind }, leaver }) => leaver !== undefined || isDeletedSomeDay[kind])
    .map(({ principal }) => principal);
}
