import { principalKey, principalKind } from '../identity/principal.ts';
import type { Nameless } from '../operations/names.ts';
import type { ComparedTarget, PlanSummary } from '../operations/plan.ts';
import type { Named } from './named.ts';
import { atMost, columns, counted } from './text.ts';

/** Differences of one target that are listed for people. */
const LISTED = 50;
/** Accounts and groups whose workspaces go with them. */
const LOSING = 30;

/** Values that are listed of one difference. */
const DETAILS = 5;

/** Everybody whose name {@link planLines} has a place for. */
export function namelessOfPlan(plan: PlanSummary): Nameless[] {
  if (plan.notCompared !== undefined) return [];
  const { target, items } = plan;
  const listed = items.slice(0, LISTED);
  return [
    ...[...listed, ...losingOf(items).slice(0, LOSING)].map(({ principal: { id, kind } }) => ({
      target,
      id,
      kinds: [kind],
    })),
    ...listed
      .filter(({ action }) => action === 'members')
      .flatMap(({ detail }) =>
        detail.slice(0, DETAILS).map(id => ({ target, id, kinds: principalKind.options })),
      ),
  ];
}

/** What a full comparison would change in one target, as a person reads it. */
export function planLines(plan: PlanSummary, names: Pick<Named, 'id' | 'key'>): string[] {
  if (plan.notCompared !== undefined) return [`${plan.target}: not compared: ${plan.notCompared}`];
  const { target, planOnly, counts, items, limits, aim } = plan;
  const rows = Object.entries(counts).map(([action, number]) => [action, String(number)] as const);
  const differences = items.map(({ principal, action, detail }) => {
    const details = detail.slice(0, DETAILS).map(text => (action === 'members' ? names.id(text) : text));
    if (detail.length > DETAILS) details.push(`and ${detail.length - DETAILS} more`);
    const who = names.key(principalKey(principal));
    return `    ${action} ${who}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
  });
  return [
    `${target}${planOnly ? ': plan-only' : ''}: ${items.length === 0 ? 'nothing to do' : counted(items.length, 'difference')}`,
    ...(aim.state === 'on'
      ? ['  managed automatically: creates bring in who is known there, members are left to it']
      : []),
    ...columns(rows),
    ...atMost(differences, LISTED),
    ...limits.exceeded.map(reading => `  over the limit: ${limitText(reading)}`),
    ...limits.near.map(reading => `  near the limit: ${limitText(reading)}`),
    ...workspaceLines(plan, names),
  ];
}

/** What the plan says about workspaces beside its differences. */
function workspaceLines(
  { items, workspaces, outsideAccount }: ComparedTarget,
  names: Pick<Named, 'id' | 'key'>,
): string[] {
  const losing = losingOf(items).map(
    ({ action, principal, workspaces: lost = [] }) =>
      `  ${action} ${names.key(principalKey(principal))}: workspace ${lost.join(', ')} is lost with it`,
  );
  const { foreign, unprovisioned, unread } = workspaces;
  const figures: [number, string][] = [
    [foreign.length, `${counted(foreign.length, 'assignment')} made by others, left alone`],
    [
      unprovisioned.length,
      `${counted(unprovisioned.length, 'assignment')} of object ids that are not provisioned`,
    ],
    [
      outsideAccount.length,
      `${counted(outsideAccount.length, 'principal')} not in the account, who would lose this workspace with federation`,
    ],
  ];
  return [
    ...atMost(losing, LOSING),
    ...unread.map(({ workspaceId, reason }) => `  workspace ${workspaceId} could not be read: ${reason}`),
    ...figures.flatMap(([number, text]) => (number > 0 ? [`  ${text}`] : [])),
  ];
}

function losingOf(items: ComparedTarget['items']): ComparedTarget['items'] {
  return items.filter(({ workspaces }) => workspaces !== undefined);
}

function limitText({ limit, used, most, principals }: ComparedTarget['limits']['near'][number]): string {
  const whose = principals.length === 0 ? '' : ` (${counted(principals.length, 'principal')})`;
  return `${limit} ${used} of ${most}${whose}`;
}
