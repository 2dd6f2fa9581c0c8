import { sleep } from '../../identity/clock.ts';
import type { Convergence } from '../../operations/converged.ts';
import { type AppliedChange, LiveChanges } from '../../operations/live-changes.ts';
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
