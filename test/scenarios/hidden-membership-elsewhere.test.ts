import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a filter on a group that hides its members keeps nobody out who was let in', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const staff = group('staff', [ada.id, bob.id]);
  const team = group('team', [ada.id, bob.id, eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [staff, team], assigned: [team.id] }),
    limits: 'off',
    config: { scope: { filters: { users: [[{ operator: 'IsMemberOf', value: staff.id.toUpperCase() }]] } } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const active = () => store.users.filter(account => account.active).map(({ userName }) => userName);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(active().sort()).toEqual(['ada@contoso.com', 'bob@contoso.com']);

  // Graph leaves such a group out of everything that it lists and checks, without a word.
  const wrong = writesFromNow(world);
  directory.store.update(staff.id, { visibility: 'HiddenMembership' });
  for (const { id } of [ada, bob, eve]) directory.store.update(id, { jobTitle: 'touched' });
  await world.drained({ laterLooks: true });
  await world.idle(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(takingAway(wrong.records())).toEqual([]);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(
    [`hidden-membership user:${ada.id}`, `hidden-membership user:${bob.id}`].sort(),
  );

  // Disabled needs one read, and being unassigned is seen all the same.
  directory.store.update(bob.id, { accountEnabled: false });
  await world.eventually('bob is off', () => store.user('bob@contoso.com')?.active === false);
  directory.store.removeMember(team.id, ada.id);
  await world.eventually('ada is off', () => store.user('ada@contoso.com')?.active === false);
  directory.store.addMember(team.id, ada.id);
  directory.store.update(bob.id, { accountEnabled: true });
  directory.store.update(staff.id, { visibility: 'Private' });
  await world.eventually('both are on', () => active().length === 2);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});

test('a nested group that hides its members keeps them, and its place, where nesting is mirrored', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const inner = { ...group('inner', [bob.id]), visibility: 'Private' };
  const outer = group('outer', [ada.id, inner.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [inner, outer], assigned: [outer.id] }),
    limits: 'off',
    config: { scope: { nestedGroups: 'mirror' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'inner')).toEqual(['bob@contoso.com']);

  // Whose access hangs on the hidden group is looked at first, before any look at a group could tell that it is.
  const wrong = writesFromNow(world);
  directory.store.update(inner.id, { visibility: 'HiddenMembership' });
  directory.faults.gate = ({ path }) =>
    path.includes(`/groups/${inner.id}`) || path.includes(`/groups/${outer.id}`) ? wait : undefined;
  let open = (): void => undefined;
  const wait = new Promise<void>(resolve => {
    open = resolve;
  });
  directory.store.update(bob.id, { jobTitle: 'touched' });
  await world.fire('poll-directory');
  await new Promise(resolve => setTimeout(resolve, 1_000));
  open();
  directory.faults.gate = undefined;
  await world.drained({ laterLooks: true });
  await world.idle(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(takingAway(wrong.records())).toEqual([]);
  expect(store.user('bob@contoso.com')?.active).toBe(true);
  expect(memberNames(world, 'inner')).toEqual(['bob@contoso.com']);
  expect(store.group('outer')?.members).toEqual(
    new Set([scimIdOf(world, 'ada'), store.group('inner')?.id ?? '']),
  );
  expect((await openHolds(world)).map(({ hold }) => hold)).toContain(`hidden-membership group:${inner.id}`);

  // Nor does a group lose its own members whose way into the scope leads through one that hides them.
  directory.store.update(inner.id, { visibility: 'Private' });
  directory.store.update(outer.id, { visibility: 'HiddenMembership' });
  directory.store.update(inner.id, { description: 'touched' });
  await world.drained({ laterLooks: true });
  await world.idle(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(takingAway(wrong.records())).toEqual([]);
  expect(memberNames(world, 'inner')).toEqual(['bob@contoso.com']);

  // That it shows its members again is no news about bob: the next comparison has him looked at.
  directory.store.update(outer.id, { visibility: 'Private' });
  await world.eventually('it is not held', async () => !(await openHolds(world)).some(isOf(outer.id)));
  await audit(world);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});

const isOf =
  (id: string) =>
  ({ hold }: { hold: string }): boolean =>
    hold.endsWith(id);

test('somebody who moves to a group that hides its members, and was assigned a moment ago, is not switched off', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const old = group('old', [ada.id, bob.id]);
  const next = { ...group('next'), visibility: 'HiddenMembership' };
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [old, next], assigned: [old.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = directory;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const wrong = writesFromNow(world);
  store.assign({ principalId: next.id, resourceId: APPLICATION });
  store.addMember(next.id, ada.id);
  store.removeMember(old.id, ada.id);
  await world.eventually('she is out of the old group', () => memberNames(world, 'old')?.length === 1);
  await world.drained({ laterLooks: true });
  expect(databricks.store.user('ada@contoso.com')?.active).toBe(true);
  expect(takingAway(wrong.records()).map(({ path }) => path)).toEqual([expect.stringMatching(/\/Groups\//)]);
});
