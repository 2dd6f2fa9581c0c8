import { sleep } from '../../identity/clock.ts';
import { requestCycle } from '../../operations/request-cycle.ts';
import { type LoadProgress, readProgress } from '../../operations/status.ts';
import { count, type Screen } from './screen.ts';
import type { Session } from './session.ts';

const LOOK_EVERY_MS = 400;
const SUBSCRIBED_WITHIN_MS = 30_000;

/** Nothing has moved for too long. The message says where it stands, and where to read on. */
class Stuck extends Error {
  override readonly name = 'Stuck';
}

/** Makes sure of the subscriptions, before the first read, so that nothing that happens during it is missed. */
export async function subscribe({ app, fire, notificationUrl }: Session, signal: AbortSignal): Promise<void> {
  if (notificationUrl === undefined) return;
  await fire('renew-subscriptions');
  const giveUpAt = performance.now() + SUBSCRIBED_WITHIN_MS;
  for (;;) {
    const mine = (await app.directory.listSubscriptions()).filter(
      found => found.notificationUrl === notificationUrl,
    );
    if (mine.length >= 2) return;
    if (performance.now() > giveUpAt) {
      throw new Stuck(
        `Graph has not accepted the subscriptions within ${SUBSCRIBED_WITHIN_MS / 1_000} s: can it reach ${notificationUrl}?`,
      );
    }
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/**
 * Runs the cycle, and stays until its backlog is worked off.
 * @returns false when a target waits in plan-only for a person
 */
export async function initialCycle(session: Session, screen: Screen, signal: AbortSignal): Promise<boolean> {
  await requestCycle(session.app);
  await session.fire('reconcile');
  let most = 0;
  let before = '';
  let movedAt = performance.now();
  for (;;) {
    const targets = await readProgress(session.app);
    if (targets.some(({ planOnly }) => planOnly)) return false;
    const left = sum(targets.map(({ waiting }) => waiting.user + waiting.group));
    most = Math.max(most, left);
    const isCompared = targets.every(target => target.isCompared);
    if (isCompared && left === 0) {
      screen.progress(describe(targets, isCompared), 1, 1);
      return true;
    }
    screen.progress(describe(targets, isCompared), isCompared ? most - left : 0, Math.max(most, 1));
    const now = JSON.stringify(targets);
    if (now !== before) movedAt = performance.now();
    before = now;
    if (performance.now() - movedAt > session.patienceMs) throw stuck(targets, session);
    await sleep(LOOK_EVERY_MS, signal);
  }
}

function describe(targets: readonly LoadProgress[], isCompared: boolean): string {
  const quarantine = targets.find(target => target.quarantine !== undefined)?.quarantine;
  if (quarantine !== undefined) return `waiting: ${quarantine}`;
  if (!isCompared) return 'comparing Entra ID with Databricks';
  const of = (kind: keyof LoadProgress['linked']) => sum(targets.map(({ linked }) => linked[kind]));
  const parts = [count(of('user'), 'user'), count(of('servicePrincipal'), 'service principal')];
  return `${parts.join(', ')}, ${count(of('group'), 'group')} provisioned`;
}

function stuck(targets: readonly LoadProgress[], session: Session): Stuck {
  const states = targets.map(
    ({ target, waiting, quarantine }) =>
      `${target}: ${waiting.user} users and ${waiting.group} groups wait${quarantine === undefined ? '' : `, in quarantine: ${quarantine}`}`,
  );
  const log = session.addresses.find(([label]) => label.startsWith('log'))?.[1];
  return new Stuck(
    `nothing has moved for ${session.patienceMs / 1_000} s. ${states.join('; ')}. The workers' log: ${log}`,
  );
}

/** Waits until no row is left, so that follow-ups of the last changes have been written. False when some stay. */
export async function settled(session: Session, withinMs: number, signal: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const targets = await readProgress(session.app);
    if (sum(targets.map(({ waiting }) => waiting.user + waiting.group)) === 0) return true;
    if (performance.now() > giveUpAt) return false;
    await sleep(LOOK_EVERY_MS, signal);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
