import { randomUUID } from 'node:crypto';
import type { ServiceBusMessage, ServiceBusReceivedMessage } from '@azure/service-bus';
import { expect, test } from 'vitest';
import { memberNames, sendMessages, waitingMessages, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** The same obligation under an id that duplicate detection has not seen. */
function replay({ body, contentType, applicationProperties }: ServiceBusReceivedMessage): ServiceBusMessage {
  const nonce = `replay-${randomUUID()}`;
  return {
    body,
    contentType,
    messageId: nonce,
    applicationProperties: { ...applicationProperties, chain: nonce },
  };
}

test('a replayed message, any number of times and in any order, writes nothing', async () => {
  const [ada, bob, carol, dave, eve] = [user('ada'), user('bob'), user('carol'), user('dave'), user('eve')];
  const team = group('team', [ada.id, bob.id, carol.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, carol, dave, eve], groups: [team], assigned: [team.id, eve.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  const { directory, databricks, broker } = world.cloud;

  // One message of every kind of effect: rename, dismissal, a hire through a group, a removal from it.
  const recorded: ServiceBusReceivedMessage[] = [];
  const record = async (change: () => void, count: number): Promise<void> => {
    const before = (await waitingMessages(world)).map(({ messageId }) => messageId);
    change();
    await world.until('its messages wait on the queue', async () => {
      const fresh = (await waitingMessages(world)).filter(({ messageId }) => !before.includes(messageId));
      if (fresh.length < count) return false;
      recorded.push(...fresh);
      return true;
    });
    await world.pass(4_000);
    await world.drained();
  };
  await record(() => directory.store.update(ada.id, { displayName: 'Ada Lovelace' }), 1);
  await record(() => directory.store.update(bob.id, { accountEnabled: false }), 1);
  await record(() => directory.store.addMember(team.id, dave.id), 1);
  await record(() => directory.store.removeMember(team.id, carol.id), 1);
  await record(() => directory.store.update(team.id, { displayName: 'crew' }), 1);
  await world.drained({ laterLooks: true });
  const assertState = (): void => {
    const { store } = databricks;
    expect(store.users.map(({ userName, active }) => `${userName} ${active}`).sort()).toEqual([
      'ada@contoso.com true',
      'bob@contoso.com false',
      'carol@contoso.com false',
      'dave@contoso.com true',
      'eve@contoso.com true',
    ]);
    expect(store.user('ada@contoso.com')?.displayName).toBe('Ada Lovelace');
    expect(memberNames(world, 'crew')).toEqual(['ada@contoso.com', 'bob@contoso.com', 'dave@contoso.com']);
  };
  assertState();

  const watch = watchWrites(world);
  const looksBefore = directory.requests;
  // Once each in the order they came; then twice, newest first; then three times each, an hour later, shuffled.
  await sendMessages(world, recorded.map(replay));
  await world.drained({ laterLooks: true });
  await sendMessages(world, [...recorded, ...recorded].reverse().map(replay));
  await world.drained({ laterLooks: true });
  world.clock.advance(3_600_000);
  const thrice = [...recorded, ...recorded, ...recorded].map(replay);
  await sendMessages(
    world,
    thrice.toSorted((a, b) => (String(a.messageId) < String(b.messageId) ? -1 : 1)),
  );
  await world.drained({ laterLooks: true });
  expect(directory.requests - looksBefore).toBeGreaterThan(thrice.length);
  expect(watch.lines()).toEqual([]);
  assertState();
  expect(broker.counts('identity-changes').deadLettered).toBe(0);
});
