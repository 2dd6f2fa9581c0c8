import { expect, test } from 'vitest';
import { memberNames, scimIdOf, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('duplicate, reordered and late notifications lead to the same target with one write per difference', async () => {
  const [ada, bob, carol, dave] = [user('ada'), user('bob'), user('carol'), user('dave')];
  const team = group('team', [ada.id, bob.id, carol.id]);
  const outer = group('outer', [dave.id, team.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, carol, dave], groups: [team, outer], assigned: [team.id, outer.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  const { directory, databricks } = world.cloud;
  const { store, faults } = directory;
  const teamId = databricks.store.group('team')?.id;

  // The poll hears first; the notifications of the same changes come later, three times each and newest first.
  let watch = watchWrites(world);
  faults.notifications = { duplicate: 2, reorder: true, hold: true };
  store.update(ada.id, { displayName: 'Ada 1' });
  store.update(ada.id, { displayName: 'Ada 2' });
  store.update(bob.id, { accountEnabled: false });
  store.removeMember(team.id, carol.id);
  store.addMember(team.id, dave.id);
  const expected = [
    `PATCH /Groups/${databricks.store.group('outer')?.id}`,
    `PATCH /Groups/${teamId}`,
    `PATCH /Users/${scimIdOf(world, 'ada')}`,
    `PATCH /Users/${scimIdOf(world, 'bob')}`,
    `PATCH /Users/${scimIdOf(world, 'carol')}`,
  ].sort();
  const assertState = (): void => {
    expect(databricks.store.user('ada@contoso.com')?.displayName).toBe('Ada 2');
    expect(databricks.store.user('bob@contoso.com')?.active).toBe(false);
    expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com', 'dave@contoso.com']);
    expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com', 'bob@contoso.com', 'dave@contoso.com']);
    // Carol was assigned through her groups only.
    expect(databricks.store.user('carol@contoso.com')?.active).toBe(false);
    expect(watch.lines().sort()).toEqual(expected);
  };
  await world.fire('poll-directory');
  await world.until(
    'the poll has brought ada',
    () => databricks.store.user('ada@contoso.com')?.displayName === 'Ada 2',
  );
  await world.drained();
  assertState();
  let sent = 0;
  world.cloud.broker.gate = ({ kind }) => {
    if (kind === 'send') sent += 1;
  };
  faults.releaseHeld();
  await world.until('the late notifications are on the queue', () => sent >= 15);
  await world.pass(5_000);
  await world.drained();
  assertState();

  // Now the notifications come first, and the poll later.
  watch = watchWrites(world);
  faults.notifications = { duplicate: 3, reorder: true };
  store.update(ada.id, { displayName: 'Ada 3' });
  store.update(ada.id, { displayName: 'Ada 4' });
  store.update(team.id, { displayName: 'crew' });
  await world.until(
    'ada is renamed',
    () => databricks.store.user('ada@contoso.com')?.displayName === 'Ada 4',
  );
  await world.until('the group is renamed', () => databricks.store.group('crew') !== undefined);
  await world.fire('poll-directory');
  await world.pass(5_000);
  await world.drained();
  expect(watch.lines().sort()).toEqual(
    [`PATCH /Groups/${teamId}`, `PATCH /Users/${scimIdOf(world, 'ada')}`].sort(),
  );
  expect(
    watch
      .records()
      .map(({ body }) => JSON.stringify(body))
      .join(),
  ).not.toContain('Ada 3');

  await world.drained({ laterLooks: true });
  expect(watch.lines()).toHaveLength(2);
  expect(await world.deadLetters()).toEqual([]);
});
