import { setTimeout as realSleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { GateEvent } from '../../src/local/service-bus/gate.ts';
import { obligationSubject } from '../../src/messaging/message.ts';
import { scimIdOf, watchWrites } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

const LOCK_MS = 61_000;

/** Kills the apply worker at the first event of the queue that `matches`; the event itself does not happen. */
async function crashAt(world: World, what: string, matches: (event: GateEvent) => boolean): Promise<void> {
  const { broker } = world.cloud;
  const worker = world.workers.findLast(({ functions }) => functions.includes('apply-change'));
  let crashed = false;
  broker.gate = async event => {
    if (crashed || !matches(event)) return;
    crashed = true;
    // What was not waited for would happen now, and the crash would lose it.
    for (let activity = -1; activity !== broker.activity; ) {
      activity = broker.activity;
      await realSleep(50);
    }
    await worker?.kill();
    throw new Error('the worker is dead');
  };
  await world.until(what, () => crashed && worker?.process.signalCode !== null, 120_000);
  broker.gate = undefined;
  world.clock.advance(LOCK_MS);
  await world.start(APPLY);
}

test('a worker that dies around the sending of a successor neither loses the obligation nor fulfils it twice', async () => {
  const [ada, bob, carol] = [user('ada'), user('bob'), user('carol')];
  await using world = await createWorld({
    workers: [FEEDS, APPLY],
    seed: tenant({ users: [ada, bob, carol], assigned: [ada.id, bob.id, carol.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { directory, databricks, broker } = world.cloud;
  // Only the messages tell of the changes: neither the poll nor a repeated notification helps.
  directory.faults.fail = [{ path: /delta/, status: 503, times: Number.POSITIVE_INFINITY }];
  const refuse = (alias: string): void => {
    databricks.faults = [
      { method: 'PATCH', path: new RegExp(`/Users/${scimIdOf(world, alias)}$`), status: 503, times: 3 },
    ];
  };
  const nameOf = (alias: string): string | undefined =>
    databricks.store.user(`${alias}@contoso.com`)?.displayName;
  const watch = watchWrites(world);
  // Messages about somebody else come and go meanwhile.
  const isAbout = ({ id }: { id: string }, messageId: string): boolean =>
    messageId.startsWith(obligationSubject(world.target, `user:${id}`));

  // The retry copy is on its way and not stored.
  refuse('ada');
  directory.store.update(ada.id, { displayName: 'Ada' });
  await crashAt(
    world,
    'dead before the copy was stored',
    ({ kind, messageId }) => kind === 'send' && isAbout(ada, messageId) && messageId.endsWith('|a1'),
  );
  expect(nameOf('ada')).toBe('ada');
  await world.eventually('ada is renamed', () => nameOf('ada') === 'Ada', 180_000);

  // The retry copy is stored, its original not completed: both are looked at.
  refuse('bob');
  directory.store.update(bob.id, { displayName: 'Bob' });
  let copied = false;
  await crashAt(world, 'dead before the original was completed', ({ kind, messageId, outcome }) => {
    if (!isAbout(bob, messageId)) return false;
    copied ||= kind === 'send' && messageId.endsWith('|a1');
    return copied && kind === 'settle' && outcome === 'complete';
  });
  expect(nameOf('bob')).toBe('bob');
  await world.eventually('bob is renamed', () => nameOf('bob') === 'Bob', 180_000);

  // The write is done and the later look is sent.
  directory.store.update(carol.id, { displayName: 'Carol' });
  let later = false;
  await crashAt(world, 'dead after the later look was sent', ({ kind, messageId, outcome }) => {
    if (!isAbout(carol, messageId)) return false;
    later ||= kind === 'send' && messageId.includes('|l|');
    return later && kind === 'settle' && outcome === 'complete';
  });
  expect(nameOf('carol')).toBe('Carol');

  await world.drained({ laterLooks: true });
  expect([nameOf('ada'), nameOf('bob'), nameOf('carol')]).toEqual(['Ada', 'Bob', 'Carol']);
  const applied = watch
    .records()
    .filter(({ status }) => status >= 200 && status < 300)
    .map(({ path }) => path);
  expect(applied).toEqual(['ada', 'bob', 'carol'].map(alias => `/Users/${scimIdOf(world, alias)}`));
  expect(broker.counts('identity-changes')).toMatchObject({
    active: 0,
    scheduled: 0,
    locked: 0,
    deadLettered: 0,
  });
});
