import { expect, test } from 'vitest';
import type { GateEvent } from '../../src/local/service-bus/gate.ts';
import { memberNames, watchWrites } from '../harness/observe.ts';
import { startOps } from '../harness/ops-process.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const LOCK_MS = 61_000;
const REPLAY = ['dead-letters', 'replay', '--all'];

/** Replays in a process of its own. @returns what it printed */
async function replay(world: World): Promise<string> {
  const ops = startOps(REPLAY, world.settings);
  expect(await ops.ended, ops.output()).toBe(0);
  return ops.output();
}

/** Kills a replay at the first event of the broker that `matches`; the event itself does not happen. */
async function killReplayAt(world: World, matches: (event: GateEvent) => boolean): Promise<void> {
  const { broker } = world.cloud;
  const ops = startOps(REPLAY, world.settings);
  broker.gate = async event => {
    if (!matches(event)) return;
    ops.process.kill('SIGKILL');
    await ops.ended;
    throw new Error('the replay is dead');
  };
  expect(await ops.ended, ops.output()).toBeNull();
  broker.gate = undefined;
  // What it had locked comes back.
  world.clock.advance(LOCK_MS);
}

test('a dead letter is replayed once its cause is gone, also by a replay that dies, and never writes twice', async () => {
  const [ada, carol] = [user('ada'), user('carol')];
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, carol], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { broker, databricks, directory } = world.cloud;
  const deadLettered = (): number => broker.counts('identity-changes').deadLettered;
  const failing = async () => (await world.state.targets.failures(world.target)).map(({ value }) => value);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  databricks.faults = [{ method: 'POST', path: /\/Users$/, status: 400, times: Number.POSITIVE_INFINITY }];
  directory.store.addMember(team.id, carol.id);
  await world.until('she is refused', () => deadLettered() === 1);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect((await world.deadLetters()).map(letter => letter.deadLetterReason)).toEqual(['TargetRefused400']);

  // With its cause still there: another dead letter in its place, and the interval of the cycle's tries begins anew.
  const [before] = await world.deadLetters();
  expect(await replay(world)).toContain('replayed 1 dead letter');
  await world.until('she is refused again', () => deadLettered() === 1);
  await world.drained();
  const [again] = await world.deadLetters();
  expect(again?.sequenceNumber?.toString()).not.toBe(before?.sequenceNumber?.toString());
  expect(again?.correlationId).toBe(before?.correlationId);
  expect(again?.deadLetterErrorDescription).not.toContain('carol');
  expect(await failing()).toMatchObject([{ code: 'TargetRefused400', attempts: 1 }]);

  // The cause is gone, and only the dead letter tells of it.
  databricks.faults = [];
  const watch = watchWrites(world);
  await killReplayAt(world, ({ kind, messageId }) => kind === 'send' && messageId.includes('|r|'));
  expect(deadLettered()).toBe(1);
  expect(watch.lines()).toEqual([]);

  await killReplayAt(
    world,
    ({ kind, queue, outcome }) => kind === 'settle' && outcome === 'complete' && queue.includes('$Dead'),
  );
  await world.eventually('she is a member', () => memberNames(world, 'team')?.length === 2, 180_000);
  await world.drained({ laterLooks: true });
  expect(databricks.store.user('carol@contoso.com')?.active).toBe(true);
  expect(deadLettered()).toBe(1);
  expect(await failing()).toEqual([]);

  // Its dead letter is still there, and is replayed once more: there is nothing left to write.
  const written = watch.lines();
  expect(written.filter(write => write === 'POST /Users')).toHaveLength(1);
  await replay(world);
  await world.drained({ laterLooks: true });
  expect(watch.lines()).toEqual(written);
  expect(broker.counts('identity-changes')).toMatchObject({
    active: 0,
    locked: 0,
    scheduled: 0,
    deadLettered: 0,
  });
});
