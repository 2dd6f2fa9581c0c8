import { sleep } from '../../identity/clock.ts';
import type { Convergence } from '../../operations/converged.ts';
import { type AppliedChange, LiveChanges } from '../../operations/live-changes.ts';
import type { ComparedTarget, PlanSummary } from '../../operations/plan.ts';
import type { TargetStatus } from '../../operations/status.ts';
import { count, duration, type Screen } from './screen.ts';
import type { Session } from './session.ts';

/** At most this many differences are listed. */
const LISTED = 30;
const TAIL_EVERY_MS = 1_000;

export function showSummary(
  screen: Screen,
  session: Session,
  o: { statuses: readonly TargetStatus[]; deadLettered: number; tookMs: number },
): void {
  const total = (of: (status: TargetStatus) => number) =>
    o.statuses.reduce((sum, status) => sum + of(status), 0);
  const requests = session.requests();
  const held = total(({ held: open }) => open);
  screen.line();
  screen.table([
    ['users', `${total(({ users }) => users)} linked and active`],
    ['service principals', `${total(({ servicePrincipals }) => servicePrincipals)} linked and active`],
    ['groups', `${total(({ groups }) => groups)} linked`],
    ['memberships', `${total(({ memberships }) => memberships)}, nested groups flattened`],
    ['held', held === 0 ? 'nothing' : `${held}, for a person to decide`],
    ['dead letters', String(o.deadLettered)],
    ...o.statuses.flatMap(notices),
    ...(requests === undefined
      ? []
      : [['requests', `${requests.graph} to Graph, ${requests.scim} to SCIM`] as const]),
    ['took', duration(o.tookMs)],
  ]);
  screen.line();
  screen.table(session.addresses);
  if (session.hints.length > 0) screen.line();
  for (const hint of session.hints) screen.line(`  ${hint}`);
  screen.line();
}

/** What the operator should know of a target beside its content. */
function notices({ target, aim, signIns }: TargetStatus): [label: string, value: string][] {
  const isManaged = aim.state === 'on';
  return [
    ...(isManaged ? [['identities', `managed automatically in ${target}`] as [string, string]] : []),
    ...Object.values(signIns).flatMap(({ problems, expiresAt, warnedDays }): [string, string][] => [
      ...problems.map((problem): [string, string] => ['signing in', problem]),
      ...(warnedDays === undefined || expiresAt === undefined
        ? []
        : [
            ['signing in', `the secret of ${target} ends ${new Date(expiresAt).toISOString()}`] as [
              string,
              string,
            ],
          ]),
    ]),
  ];
}

export function showComparison(
  screen: Screen,
  { converged, differences, held, deadLetters }: Convergence,
): void {
  for (const { principal, action, detail } of differences.slice(0, LISTED)) {
    screen.line(`  differs: ${principal.kind} ${principal.id}: ${action} (${detail.slice(0, 5).join(', ')})`);
  }
  if (differences.length > LISTED) screen.line(`  … and ${differences.length - LISTED} more`);
  for (const letter of deadLetters) {
    screen.line(`  ${count(letter.count, 'dead letter')}: ${letter.reason}: ${letter.description}`);
  }
  const open = held === 0 ? '' : `, with ${count(held, 'hold')} for a person to decide`;
  screen.line(
    converged ? `converged${open}` : `not converged: ${count(differences.length, 'difference')}${open}`,
  );
}

export function showPlan(screen: Screen, plans: readonly PlanSummary[]): void {
  for (const plan of plans) {
    if (plan.notCompared !== undefined) {
      screen.line(`${plan.target}: not compared: ${plan.notCompared}`);
      continue;
    }
    const { target, planOnly, counts, limits, aim } = plan;
    screen.line(`${target}${planOnly ? ': plan-only' : ''}`);
    if (aim.state === 'on')
      screen.line('  managed automatically: creates bring in who is known there, members are left to it');
    const rows = Object.entries(counts).map(([action, number]) => [action, String(number)] as const);
    if (rows.length === 0) screen.line('  nothing to do');
    else screen.table(rows);
    for (const reading of limits.exceeded) screen.line(`  over the limit: ${limitText(reading)}`);
    for (const reading of limits.near) screen.line(`  near the limit: ${limitText(reading)}`);
    for (const line of workspaceLines(plan)) screen.line(`  ${line}`);
  }
}

/** What the plan says about workspaces beside its differences. */
function* workspaceLines({ items, workspaces, outsideAccount }: ComparedTarget): Generator<string> {
  const losing = items.filter(item => item.workspaces !== undefined);
  for (const { principal, action, workspaces: lost = [] } of losing.slice(0, LISTED))
    yield `${action} ${principal.kind} ${principal.id}: workspace ${lost.join(', ')} is lost with it`;
  if (losing.length > LISTED) yield `… and ${losing.length - LISTED} more who lose workspaces`;
  for (const { workspaceId, reason } of workspaces.unread)
    yield `workspace ${workspaceId} could not be read: ${reason}`;
  const { foreign, unprovisioned } = workspaces;
  if (foreign.length > 0) yield `${count(foreign.length, 'assignment')} made by others, left alone`;
  if (unprovisioned.length > 0)
    yield `${count(unprovisioned.length, 'assignment')} of object ids that are not provisioned`;
  if (outsideAccount.length > 0)
    yield `${count(outsideAccount.length, 'principal')} not in the account, who would lose this workspace with federation`;
}

function limitText({ limit, used, most, principals }: ComparedTarget['limits']['near'][number]): string {
  const whose = principals.length === 0 ? '' : ` (${count(principals.length, 'principal')})`;
  return `${limit} ${used} of ${most}${whose}`;
}

/** One line per write, as it appears in the provisioning log, until `signal`. */
export async function showLive(
  screen: Screen,
  session: Session,
  from: number,
  signal: AbortSignal,
): Promise<never> {
  const changes = new LiveChanges(session.app, from);
  for (;;) {
    for (const change of await changes.next()) screen.line(lineOf(change));
    await sleep(TAIL_EVERY_MS, signal);
  }
}

function lineOf({ at, action, name, principal, detail, cause, afterMs }: AppliedChange): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  return `${time}  ${action.padEnd(16)} ${name ?? principal}  (${detail})  ${duration(afterMs)} after ${cause}`;
}
