import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

test('mirrored groups follow every move in the nesting, change places, and circles are cut once and reported', async () => {
  const [ada, bob, eve, dan] = [user('ada'), user('bob'), user('eve'), user('dan')];
  const leaf = group('leaf', [eve.id]);
  const child = group('child', [bob.id, leaf.id]);
  const root = group('root', [ada.id, child.id]);
  const second = group('second', [ada.id]);
  const [lowerId, upperId] = [randomUUID(), randomUUID()].sort() as [string, string];
  const upper = { ...group('upper', [dan.id]), id: upperId };
  const lower = { ...group('lower', [dan.id, upper.id]), id: lowerId };
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve, dan],
      groups: [leaf, child, root, second, upper, lower],
      assigned: [root.id, second.id, upper.id, lower.id],
    }),
    limits: 'off',
    config: { scope: { nestedGroups: 'mirror' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const isOn = (alias: string): boolean => store.user(`${alias}@contoso.com`)?.active === true;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(picture(world)).toEqual({
    root: ['ada', 'group child'],
    child: ['bob', 'group leaf'],
    leaf: ['eve'],
    second: ['ada'],
    lower: ['dan', 'group upper'],
    upper: ['dan'],
  });
  expect(['ada', 'bob', 'eve', 'dan'].every(isOn)).toBe(true);

  // Somebody joins the group at the bottom, which nobody assigned.
  directory.store.addMember(leaf.id, dan.id);
  await world.eventually('he is in', () => picture(world).leaf?.includes('dan') === true);

  // Moved to another parent: nobody loses anything but the place.
  directory.store.removeMember(root.id, child.id);
  directory.store.addMember(second.id, child.id);
  await world.eventually('it moved', () => picture(world).second?.includes('group child') === true);
  await world.drained({ laterLooks: true });
  expect(picture(world)).toMatchObject({
    root: ['ada'],
    second: ['ada', 'group child'],
    child: ['bob', 'group leaf'],
    leaf: ['dan', 'eve'],
  });
  expect(['ada', 'bob', 'eve', 'dan'].every(isOn)).toBe(true);

  // Moved out of everything: place and members are gone, all the way down.
  directory.store.removeMember(second.id, child.id);
  await world.eventually('it has no place', () => picture(world).second?.includes('group child') === false);
  await world.eventually('its members are off', () => !isOn('bob') && !isOn('eve'));
  await expectConverged(world);
  expect(picture(world)).toMatchObject({ root: ['ada'], second: ['ada'], child: [], leaf: [] });
  expect(['ada', 'dan'].every(isOn)).toBe(true);

  // And in again.
  directory.store.addMember(root.id, child.id);
  await world.eventually('all of it is back', () => isOn('bob') && isOn('eve'));
  await world.drained({ laterLooks: true });
  expect(picture(world)).toMatchObject({
    root: ['ada', 'group child'],
    child: ['bob', 'group leaf'],
    leaf: ['dan', 'eve'],
  });

  // The upper one becomes the lower one: the target refuses the circle that the other order would make.
  directory.store.removeMember(lower.id, upper.id);
  directory.store.addMember(upper.id, lower.id);
  await world.eventually('they changed places', () => picture(world).upper?.includes('group lower') === true);
  await expectConverged(world);
  expect(picture(world)).toMatchObject({ lower: ['dan'], upper: ['dan', 'group lower'] });
  expect(await openHolds(world)).toEqual([]);

  // Each in the other: cut at one place, the same one whoever looks first, and said so. Here it is what was written.
  directory.store.addMember(lower.id, upper.id);
  await world.eventually(
    'the other one is kept',
    () => picture(world).lower?.includes('group upper') === true,
  );
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toEqual([{ hold: `nesting-cut group:${upper.id}`, ids: [lower.id] }]);
  expect(picture(world)).toMatchObject({ lower: ['dan', 'group upper'], upper: ['dan'] });

  // The circle is undone where it was kept: the other side takes its place.
  directory.store.removeMember(lower.id, upper.id);
  await world.eventually('nothing is held', async () => (await openHolds(world)).length === 0);
  await world.drained({ laterLooks: true });
  expect(picture(world)).toMatchObject({ lower: ['dan'], upper: ['dan', 'group lower'] });

  // And once more, undone where it was cut.
  directory.store.addMember(lower.id, upper.id);
  await world.eventually('it is reported', async () => (await openHolds(world)).length === 1);
  await world.drained({ laterLooks: true });
  directory.store.removeMember(upper.id, lower.id);
  await world.eventually('it is not', async () => (await openHolds(world)).length === 0);
  await expectConverged(world);
  expect(picture(world)).toMatchObject({ lower: ['dan', 'group upper'], upper: ['dan'] });
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);

/** All groups of the target with the names of their members. */
function picture(world: World): Record<string, string[]> {
  const { store } = world.cloud.databricks;
  const nameOf = (id: string): string => {
    const found = store.find(id);
    return found?.userName?.replace('@contoso.com', '') ?? `group ${found?.displayName}`;
  };
  return Object.fromEntries(
    store.groups.map(({ displayName, members }) => [displayName, [...members].map(nameOf).sort()]),
  );
}
