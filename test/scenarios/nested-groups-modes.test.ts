import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { reconfigured } from '../harness/reconfigured.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';
import type { ConfigPart } from '../harness/world-types.ts';

test('nested groups are flattened, provisioned below, ignored or mirrored as configured, and a change of mind keeps every account and group', async () => {
  const [top, middle, bottom, both] = [user('top'), user('middle'), user('bottom'), user('both')];
  const grand = group('grand', [bottom.id]);
  const child = group('child', [middle.id, both.id, grand.id]);
  const root = group('root', [top.id, both.id, child.id]);
  await using world = await createWorld({
    seed: tenant({ users: [top, middle, bottom, both], groups: [root, child, grand], assigned: [root.id] }),
    limits: 'off',
    config: {},
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await expectConverged(world);
  // By default, as one flat group.
  expect(picture(world)).toEqual({ root: ['both', 'bottom', 'middle', 'top'] });
  expect(switchedOff(world)).toEqual([]);
  const accounts = new Map(store.users.map(({ id, userName }) => [userName, id]));

  const changes = writesFromNow(world);
  await configured(world, { scope: { assignDescendants: true } });
  expect(picture(world)).toEqual({
    root: ['both', 'bottom', 'middle', 'top'],
    child: ['both', 'bottom', 'middle'],
    grand: ['bottom'],
  });
  expect(changes.records().filter(({ path }) => path.startsWith('/Users'))).toEqual([]);
  const groups = new Map(store.groups.map(({ id, displayName }) => [displayName, id]));

  // As the incumbent does: members of nested groups get nothing; who is a direct member as well keeps his access.
  await configured(world, { scope: { nestedGroups: 'direct' } });
  expect(picture(world)).toEqual({ root: ['both', 'top'], child: [], grand: [] });
  expect(switchedOff(world)).toEqual(['bottom', 'middle']);
  directory.store.addMember(root.id, bottom.id);
  await world.eventually('a direct member is in', () => picture(world).root?.includes('bottom') === true);
  await world.eventually('and on', () => !switchedOff(world).includes('bottom'));
  directory.store.removeMember(root.id, bottom.id);
  await world.eventually('out', () => picture(world).root?.includes('bottom') === false);
  await world.eventually('and off, although he is nested', () => switchedOff(world).includes('bottom'));
  directory.store.removeMember(root.id, both.id);
  await world.eventually('a nested member who was direct, too', () => switchedOff(world).includes('both'));
  directory.store.addMember(root.id, both.id);
  await expectConverged(world);

  await configured(world, { scope: { nestedGroups: 'mirror' } });
  expect(picture(world)).toEqual({
    root: ['both', 'group child', 'top'],
    child: ['both', 'group grand', 'middle'],
    grand: ['bottom'],
  });
  expect(switchedOff(world)).toEqual([]);

  await configured(world, {});
  expect(picture(world)).toEqual({ root: ['both', 'bottom', 'middle', 'top'], child: [], grand: [] });
  expect(switchedOff(world)).toEqual([]);
  for (const [name, id] of accounts) expect(store.user(name ?? '')?.id).toBe(id);
  for (const [name, id] of groups) expect(store.group(name ?? '')?.id).toBe(id);
  expect(changes.paths().filter(path => path.startsWith('DELETE'))).toEqual([]);
  expect(changes.paths().filter(path => path.startsWith('POST'))).toEqual(['POST /Groups', 'POST /Groups']);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);

async function configured(world: World, config: ConfigPart): Promise<void> {
  await reconfigured(world, config);
  await expectConverged(world);
}

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

function switchedOff(world: World): string[] {
  const off = world.cloud.databricks.store.users.filter(({ active }) => active === false);
  return off.map(({ userName }) => userName?.replace('@contoso.com', '') ?? '').sort();
}
