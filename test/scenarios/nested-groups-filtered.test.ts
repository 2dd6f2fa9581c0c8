import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a child group that a filter keeps out is not mirrored, loses its members when that happens later, and is filled when it is let in again', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const open = { ...group('open', [bob.id]), description: null };
  const closed = { ...group('closed', [eve.id]), description: 'not for Databricks' };
  const root = group('root', [ada.id, open.id, closed.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [open, closed, root], assigned: [root.id] }),
    limits: 'off',
    config: {
      scope: {
        nestedGroups: 'mirror',
        filters: { groups: [[{ attribute: 'description', operator: 'IS NULL' }]] },
      },
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const isNested = (name: string): boolean =>
    store.group('root')?.members.has(store.group(name)?.id ?? '') === true;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['open', 'root']);
  expect(isNested('open')).toBe(true);

  // Let in: it is created, filled and nested. Kept out: it is emptied. And once more.
  for (const round of ['first', 'second']) {
    directory.store.update(closed.id, { description: null });
    await world.eventually(
      `${round}: in`,
      () => isNested('closed') && memberNames(world, 'closed')?.length === 1,
    );
    await world.drained({ laterLooks: true });
    directory.store.update(closed.id, { description: 'not for Databricks' });
    await world.eventually(`${round}: emptied`, () => memberNames(world, 'closed')?.length === 0);
    await expectConverged(world);
  }

  // The same for one that was there from the beginning.
  directory.store.update(open.id, { description: 'not any more' });
  await world.eventually('emptied', () => memberNames(world, 'open')?.length === 0);
  await world.drained({ laterLooks: true });
  directory.store.update(open.id, { description: null });
  await world.eventually('filled', () => isNested('open') && memberNames(world, 'open')?.length === 1);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
