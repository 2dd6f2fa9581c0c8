import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import { QUEUE_NAME } from '../../src/messaging/change-queue.ts';
import { messageBody } from '../../src/messaging/message.ts';
import { groupByReason, listDeadLetters, peekDeadLetters } from '../../src/operations/dead-letters.ts';
import { discardDeadLetters } from '../../src/operations/dead-letters-discard.ts';
import { replayDeadLetters } from '../../src/operations/dead-letters-replay.ts';
import { LiveChanges } from '../../src/operations/live-changes.ts';
import { useStorage } from '../state/storage.ts';
import { type Letter, openBench } from './dead-letter-bench.ts';

const storage = useStorage();
const FAST = { perSecond: 10_000 };
const user = (): Principal => ({ kind: 'user', id: randomUUID() });
const failure = {
  code: 'TargetRefused400',
  message: 'SCIM PATCH Users/1: 400',
  attempts: 4,
  failedAt: 1,
  nextTryAt: 2,
  correlationId: 'c',
};

function letters(count: number, more: Omit<Letter, 'principal'> = {}): (Letter & { principal: Principal })[] {
  return Array.from({ length: count }, () => ({ principal: user(), ...more }));
}

describe.concurrent('dead letters', () => {
  test('are listed by the hundred, counted by reason, and left where they are', async () => {
    await using bench = await openBench();
    const { settings, bury, broker } = bench;
    const poison = { raw: { messageId: 'poison', body: 'garbage' }, reason: 'InvalidMessage' };
    await bury([...letters(200), ...letters(99, { reason: 'RetriesExhausted', target: 'other' }), poison]);
    expect(await peekDeadLetters(settings)).toMatchObject([
      { reason: 'TargetRefused400', count: 200 },
      { reason: 'RetriesExhausted', count: 99 },
      { reason: 'InvalidMessage', count: 1 },
    ]);
    const all = await listDeadLetters(settings);
    expect(new Set(all.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(300);
    expect(all[0]).toMatchObject({ target: 'account-1', retries: 3, isSetAside: false });
    expect(all.at(-1)).toMatchObject({ reason: 'InvalidMessage', target: undefined, principal: undefined });
    expect(broker.counts(QUEUE_NAME)).toMatchObject({ deadLettered: 300, locked: 0 });
  });

  test('are filtered by reason, target, principal, number and age', async () => {
    await using bench = await openBench();
    const { settings, bury } = bench;
    const [ada, bob] = [user(), user()];
    await bury([{ principal: ada }, { principal: bob, reason: 'UnknownTarget', target: 'other' }]);
    const all = await listDeadLetters(settings);
    const principals = async (filter: Parameters<typeof listDeadLetters>[1]) =>
      (await listDeadLetters(settings, filter)).map(({ principal }) => principal);
    const [first, second] = [`user:${ada.id}`, `user:${bob.id}`];
    expect(await principals({})).toEqual([first, second]);
    expect(await principals({ reason: 'UnknownTarget' })).toEqual([second]);
    expect(await principals({ target: 'account-1' })).toEqual([first]);
    expect(await principals({ principal: first })).toEqual([first]);
    expect(await principals({ principal: bob.id })).toEqual([second]);
    expect(await principals({ sequenceNumbers: [all[1]?.sequenceNumber ?? ''] })).toEqual([second]);
    const at = all[0]?.enqueuedAt ?? 0;
    expect(await principals({ before: at })).toEqual([]);
    expect(await principals({ after: at - 1, before: Date.now() + 1 })).toEqual([first, second]);
    expect(await principals({ target: 'account-1', reason: 'UnknownTarget' })).toEqual([]);
    expect(groupByReason([])).toEqual([]);
  });
});

describe.concurrent('a replay', () => {
  test('sends those that are meant again, under ids of their own, and leaves the others as they were', async () => {
    await using bench = await openBench();
    const { settings, bury, broker, queue, sent } = bench;
    const meant = letters(7, { reason: 'RetriesExhausted' });
    await bury(meant.flatMap(letter => [...letters(12), letter]));
    const { state } = storage;
    const key = `user:${meant[3]?.principal.id}`;
    await state.targets.writeFailure('account-1', key, failure);
    const before = Date.now();
    const done = await replayDeadLetters({ state, queue }, settings, { reason: 'RetriesExhausted' }, FAST);
    expect(done).toEqual({ done: 7, missed: [] });
    expect(broker.counts(QUEUE_NAME)).toMatchObject({ active: 7, deadLettered: 84 });

    const messages = await sent();
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(7);
    const about = new Set<string>();
    for (const { messageId, applicationProperties, correlationId, body } of messages) {
      const { obligation } = messageBody.parse(body);
      if (obligation.type !== 'look') throw new Error('a replay is a look');
      about.add(obligation.principal.id);
      expect(applicationProperties).toEqual({ chain: messageId, attempt: 0, hops: 0 });
      expect(obligation).toMatchObject({ cause: 'replay', correlationId });
      expect(correlationId).toBe(`c-${obligation.principal.id}`);
      expect(obligation.heardAt).toBeGreaterThanOrEqual(before);
    }
    expect(about).toEqual(new Set(meant.map(({ principal }) => principal.id)));
    // Nobody's lock outlives the replay, and the cycle's interval begins anew.
    expect(await state.targets.readFailure('account-1', key)).toBeUndefined();
    const rest = await listDeadLetters(settings);
    expect(rest).toHaveLength(84);
    expect(rest.some(({ isSetAside }) => isSetAside)).toBe(false);
    expect((await replayDeadLetters({ state, queue }, settings, {}, FAST)).done).toBe(84);
  });

  test('reaches the last of thousands', async () => {
    await using bench = await openBench();
    const { settings, bury, broker, queue, client } = bench;
    await bury([...letters(2_600), ...letters(2, { reason: 'RetriesExhausted' })]);
    const { state } = storage;
    const started = performance.now();
    const { done } = await replayDeadLetters(
      { state, queue },
      settings,
      { reason: 'RetriesExhausted' },
      FAST,
    );
    expect(done).toBe(2);
    expect(broker.counts(QUEUE_NAME)).toMatchObject({ active: 2, deadLettered: 2_600 });
    // Waiting for the locks of what is stepped over would take longer.
    expect(performance.now() - started).toBeLessThan(120_000);
    // What was stepped over is there for anybody, at once.
    const receiver = client.createReceiver(QUEUE_NAME, { subQueueType: 'deadLetter' });
    expect((await receiver.receiveMessages(50, { maxWaitTimeInMs: 2_000 })).length).toBeGreaterThan(0);
  });

  test('keeps to its rate', async () => {
    await using bench = await openBench();
    const { settings, bury, queue } = bench;
    await bury(letters(12));
    const at: number[] = [];
    const onReplayed = () => void at.push(performance.now());
    const { done } = await replayDeadLetters(
      { state: storage.state, queue },
      settings,
      {},
      { perSecond: 10, onReplayed },
    );
    expect(done).toBe(12);
    // Eleven tenths of a second, less what the first one took longer than the last: unpaced they take a fraction of it.
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(600);
  });

  test('beside another one sends each dead letter once', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, sent, broker } = bench;
    await bury(letters(120));
    const { state } = storage;
    const both = await Promise.all([1, 2].map(() => replayDeadLetters({ state, queue }, settings, {}, FAST)));
    expect(both.map(({ done }) => done).reduce((a, b) => a + b)).toBe(120);
    expect(await sent()).toHaveLength(120);
    expect(broker.counts(QUEUE_NAME)).toMatchObject({ active: 120, deadLettered: 0 });
  });

  test('beside another one with another filter leaves neither short of what it means', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, broker } = bench;
    await bury([...letters(60), ...letters(3, { reason: 'RetriesExhausted' })]);
    const { state } = storage;
    const [few, many] = await Promise.all([
      replayDeadLetters({ state, queue }, settings, { reason: 'RetriesExhausted' }, FAST),
      replayDeadLetters({ state, queue }, settings, { reason: 'TargetRefused400' }, FAST),
    ]);
    expect([few.done, many.done]).toEqual([3, 60]);
    expect(broker.counts(QUEUE_NAME).deadLettered).toBe(0);
  });

  test('waits for those that somebody else has in hand, and gives back', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, client } = bench;
    await bury(letters(2));
    const receiver = client.createReceiver(QUEUE_NAME, { subQueueType: 'deadLetter' });
    const held = await receiver.receiveMessages(2, { maxWaitTimeInMs: 5_000 });
    expect(held).toHaveLength(2);
    const replaying = replayDeadLetters({ state: storage.state, queue }, settings, {}, FAST);
    // Longer than it waits for a message at a time.
    await sleep(1_500);
    for (const message of held) await receiver.abandonMessage(message);
    expect(await replaying).toEqual({ done: 2, missed: [] });
  });

  test('leaves those that somebody else keeps, and says which', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, client } = bench;
    await bury(letters(2));
    const receiver = client.createReceiver(QUEUE_NAME, { subQueueType: 'deadLetter' });
    const [kept] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
    const done = await replayDeadLetters({ state: storage.state, queue }, settings, {}, FAST);
    expect(done).toEqual({ done: 1, missed: [String(kept?.sequenceNumber)] });
    expect(await listDeadLetters(settings)).toHaveLength(1);
  });

  test('about somebody of whom one was just sent is sent as well', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, sent } = bench;
    const letter = { principal: user() };
    for (let times = 0; times < 2; times += 1) {
      await bury([letter]);
      expect((await replayDeadLetters({ state: storage.state, queue }, settings, {}, FAST)).done).toBe(1);
    }
    expect(await sent()).toHaveLength(2);
  });

  test('whose message cannot be sent loses nothing, and is made by the next one', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, broker, sent } = bench;
    await bury(letters(5));
    const { state } = storage;
    let sends = 0;
    broker.gate = ({ kind }) => {
      if (kind === 'send') sends += 1;
      if (kind === 'send' && sends > 2) throw new Error('the service is busy');
    };
    await expect(replayDeadLetters({ state, queue }, settings, {}, FAST)).rejects.toThrow();
    broker.gate = undefined;
    expect((await listDeadLetters(settings)).map(({ isSetAside }) => isSetAside)).toEqual([true, true, true]);
    expect((await replayDeadLetters({ state, queue }, settings, {}, FAST)).done).toBe(3);
    expect(await sent()).toHaveLength(5);
  });

  test('stops when it is told to', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, sent } = bench;
    await bury(letters(5));
    const stop = new AbortController();
    const replaying = replayDeadLetters(
      { state: storage.state, queue },
      settings,
      {},
      {
        perSecond: 1,
        signal: stop.signal,
        onReplayed: () => stop.abort(new Error('enough')),
      },
    );
    await expect(replaying).rejects.toThrow('enough');
    expect(await sent()).toHaveLength(1);
    expect(await listDeadLetters(settings)).toHaveLength(4);
  });

  test('of what is not understood, or about a whole target, sends it as it is', async () => {
    await using bench = await openBench();
    const { settings, bury, queue, sent } = bench;
    const properties = { chain: 'old', attempt: 2, hops: 0, extra: 'kept' };
    await bury([
      { raw: { body: { obligation: { type: 'of tomorrow' } }, applicationProperties: properties } },
      {
        raw: {
          body: { obligation: { type: 'pump', target: 'account-1' } },
          applicationProperties: properties,
        },
      },
    ]);
    expect((await replayDeadLetters({ state: storage.state, queue }, settings, {}, FAST)).done).toBe(2);
    const messages = await sent();
    const pump = messages.find(({ body }) => body.obligation.type === 'pump');
    const unknown = messages.find(message => message !== pump);
    expect(unknown?.body).toEqual({ obligation: { type: 'of tomorrow' } });
    expect(unknown?.applicationProperties).toEqual({
      chain: unknown?.messageId,
      attempt: 0,
      hops: 0,
      extra: 'kept',
    });
    expect(pump?.body).toEqual({ obligation: { type: 'pump', target: 'account-1' } });
  });
});

describe.concurrent('a discard', () => {
  test('removes those that are meant, and says who did it and why', async () => {
    await using bench = await openBench();
    const { settings, bury, broker } = bench;
    const target = `account-${randomUUID()}`;
    const [gone] = letters(1, { target });
    const poison = { raw: { body: 'garbage' }, reason: 'InvalidMessage' };
    await bury([...letters(3), gone ?? {}, ...letters(3), poison]);
    const { state } = storage;
    const key = `user:${gone?.principal.id}`;
    await state.targets.writeFailure(target, key, failure);
    const from = Date.now();
    const o = { by: 'grace', why: 'left the company' };
    expect(await discardDeadLetters({ state }, settings, { target }, o)).toEqual({ done: 1, missed: [] });
    expect(broker.counts(QUEUE_NAME)).toMatchObject({ deadLettered: 7, active: 0, locked: 0 });
    const entries = await Array.fromAsync(state.log.read(target, from, Date.now()));
    expect(entries).toMatchObject([
      { principal: gone?.principal, action: 'discard-dead-letter', correlationId: `c-${gone?.principal.id}` },
    ]);
    expect(entries[0]?.detail).toMatch(/^TargetRefused400, number \d+, by grace: left the company$/);
    // He still fails: the cycle goes on trying him.
    expect(await state.targets.readFailure(target, key)).toMatchObject({ attempts: 4 });

    expect((await discardDeadLetters({ state }, settings, { reason: 'InvalidMessage' }, o)).done).toBe(1);
    const unknown = await Array.fromAsync(state.log.read('unknown', from, Date.now()));
    expect(unknown).toMatchObject([{ target: 'unknown', action: 'discard-dead-letter' }]);
    // Nothing was written to a target.
    const targets = ['unknown', target].map(id => ({ id }) as never);
    expect(await new LiveChanges({ state, targets }, from).next()).toEqual([]);
  });

  test('of what was never logged does not happen', async () => {
    await using bench = await openBench();
    const { settings, bury } = bench;
    await bury(letters(2));
    const { proxy, state } = await storage.proxied();
    try {
      proxy.rules.push({ method: /PUT|POST|PATCH/, action: { kind: 'fail', status: 400 } });
      await expect(discardDeadLetters({ state }, settings, {}, { by: 'grace', why: 'x' })).rejects.toThrow();
    } finally {
      await proxy.close();
    }
    expect(await listDeadLetters(settings)).toHaveLength(2);
  });
});
