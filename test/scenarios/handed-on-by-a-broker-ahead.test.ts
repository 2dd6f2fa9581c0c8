import { expect, test } from 'vitest';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const SKEW_MS = 8_000;
/** How long one instance waits before it hands a message on again. */
const HAND_ON_MS = 3_000;

test('a message for a target that nobody owns yet is handed on at a measured pace, however far the clock of the broker is ahead', async () => {
  const ada = user('ada');
  await using world = await createWorld({
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { broker, directory, databricks } = world.cloud;
  const nameInTarget = () => databricks.store.user(ada.userPrincipalName)?.displayName;

  // The owner has just renewed its lease when it dies: for half a minute nobody may write.
  const [owner] = world.workers;
  directory.store.update(ada.id, { displayName: 'written by the owner' });
  await world.until('the owner writes', () => nameInTarget() === 'written by the owner');
  await owner?.kill();
  broker.activationSkewMs = SKEW_MS;
  const copies: string[] = [];
  broker.gate = ({ kind, messageId }) => {
    if (kind === 'send' && /\|o\d+$/.test(messageId)) copies.push(messageId);
  };
  await world.start(owner?.functions ?? []);
  const began = Date.now();
  directory.store.update(ada.id, { displayName: 'written by its successor' });
  await world.until('its successor writes', () => nameInTarget() === 'written by its successor');
  // The pump and the later look of the owner's change are handed on as well.
  expect(copies.length).toBeGreaterThan(0);
  for (const chain of new Set(copies.map(id => id.replace(/\|o\d+$/, ''))))
    expect(copies.filter(id => id.startsWith(`${chain}|o`)).length, chain).toBeLessThanOrEqual(
      Math.ceil((Date.now() - began) / HAND_ON_MS) + 1,
    );
  await world.drained({ laterLooks: true });
  expect(await world.deadLetters()).toEqual([]);
});
