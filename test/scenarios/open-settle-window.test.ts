import { setTimeout as realSleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchWrites } from '../harness/observe.ts';
import { tenant, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const WINDOW_MS = 2_000;
/** A settle window takes what is heard from a second before its start to a second before its end. */
const MARGIN_MS = 1_000;

/** Moves the clock to just after the instant from which a new settle window is used. */
function toStartOfWindow(world: World): void {
  const into = (Date.now() + MARGIN_MS) % WINDOW_MS;
  world.clock.advance(WINDOW_MS - into + 50);
}

/** Waits for what needs no step of the clock. */
async function soon(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 5_000) throw new Error(`not soon: ${what}`);
    await realSleep(5);
  }
}

/** Waits until nobody has asked anybody anything for a while: whoever does not wait has done by then what he would do. */
async function quiet({ cloud, storage }: World): Promise<void> {
  const traffic = (): number => cloud.directory.requests + cloud.databricks.requests + storage.requests;
  for (let before = -1; before !== traffic(); ) {
    before = traffic();
    await realSleep(120);
  }
}

test('a change that falls into the window of an earlier one is applied with it, however wrong the clock of the broker', async () => {
  const people = users(3);
  await using world = await createWorld({
    seed: tenant({ users: people, assigned: people.map(({ id }) => id) }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { broker, directory, databricks } = world.cloud;

  for (const [index, skew] of [3_000, 0, -3_000].entries()) {
    const person = people[index];
    if (person === undefined) throw new Error('too few people');
    const nameInTarget = (): string | undefined =>
      databricks.store.user(person.userPrincipalName)?.displayName;
    const sent: string[] = [];
    const delivered: string[] = [];
    broker.gate = ({ kind, messageId }) => {
      if (!messageId.includes('|c|')) return;
      if (kind === 'send') sent.push(messageId);
      if (kind === 'deliver') delivered.push(messageId);
    };
    broker.activationSkewMs = skew;
    const watch = watchWrites(world);
    toStartOfWindow(world);
    const began = Date.now();
    directory.store.update(person.id, { displayName: 'first' });
    await soon('the first change is on the queue', () => sent.length === 1);
    if (skew > 0) {
      await soon('the message is delivered too early', () => delivered.length === 1);
      await quiet(world);
    } else {
      world.clock.advance(WINDOW_MS / 2);
    }
    expect(nameInTarget()).not.toBe('first');
    directory.store.update(person.id, { displayName: 'second' });
    await soon('the second change is sent', () => sent.length === 2);
    // The broker folded the second into the first: no other message tells of it until the poll does.
    expect(sent[1]).toBe(sent[0]);
    expect(Date.now() - began).toBeLessThan(WINDOW_MS);
    await world.until('the second change is applied', () => nameInTarget() === 'second', 20_000);
    // In time, not by the later look a minute after.
    expect(Date.now() - began).toBeLessThan(WINDOW_MS + MARGIN_MS + Math.max(-skew, 0) + 3_000);
    expect(delivered).toHaveLength(1);
    await world.drained({ laterLooks: true });
    expect(nameInTarget()).toBe('second');
    expect(watch.lines()).toHaveLength(1);
    expect(JSON.stringify(watch.records()[0]?.body)).toContain('second');
  }
  expect(await world.deadLetters()).toEqual([]);
});
