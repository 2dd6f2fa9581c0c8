import { expect, test } from 'vitest';
import { memberNames, scimIdOf, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a write that is answered with 500 and took effect is neither repeated as a second resource nor lost', async () => {
  const [ada, bob, carol] = [user('ada'), user('bob'), user('carol')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, carol], groups: [team], assigned: [team.id, carol.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const applied = { status: 500, applied: true, times: 1 } as const;

  databricks.faults = [
    { method: 'POST', path: /^\/Users/, ...applied },
    { method: 'POST', path: /^\/Groups/, ...applied },
    { method: 'PATCH', path: /^\/Groups/, ...applied },
  ];
  const watch = watchWrites(world);
  await world.initialCycle();
  await world.eventually('the team is complete', () => memberNames(world, 'team')?.length === 2, 300_000);
  await world.drained({ laterLooks: true });
  expect(databricks.faults).toEqual([]);
  expect(watch.records().filter(({ status }) => status === 500)).toHaveLength(3);
  expect(watch.lines().filter(write => write === 'POST /Users')).toHaveLength(3);
  expect(watch.lines().filter(write => write === 'POST /Groups')).toHaveLength(1);
  expect(store.users.map(({ userName }) => userName).sort()).toEqual([
    'ada@contoso.com',
    'bob@contoso.com',
    'carol@contoso.com',
  ]);
  expect(store.groups).toHaveLength(1);
  for (const principal of [ada, bob, carol]) {
    const link = await world.state.links.get(world.target, { kind: 'user', id: principal.id });
    expect(link?.value).toMatchObject({
      status: 'linked',
      scimId: store.user(principal.userPrincipalName)?.id,
    });
  }

  // A dismissal: switched off, and answered 500. It stays off, and the way back is open.
  databricks.faults = [
    { method: 'PATCH', path: new RegExp(`^/Users/${scimIdOf(world, 'bob')}$`), ...applied },
  ];
  directory.store.update(bob.id, { accountEnabled: false });
  await world.until('bob is off', () => store.user('bob@contoso.com')?.active === false);
  expect(databricks.faults).toEqual([]);
  directory.store.update(bob.id, { accountEnabled: true });
  await world.eventually('bob is on again', () => store.user('bob@contoso.com')?.active === true, 300_000);

  // A removal and an add in one PATCH: both took effect, and the source takes both back before we know.
  databricks.faults = [{ method: 'PATCH', path: /^\/Groups/, ...applied }];
  directory.store.removeMember(team.id, ada.id);
  directory.store.addMember(team.id, carol.id);
  await world.until(
    'the members have changed',
    () => memberNames(world, 'team')?.join() === 'bob@contoso.com,carol@contoso.com',
  );
  directory.store.removeMember(team.id, carol.id);
  directory.store.addMember(team.id, ada.id);
  await world.eventually(
    'the members are as before',
    () => memberNames(world, 'team')?.join() === 'ada@contoso.com,bob@contoso.com',
    600_000,
  );

  await world.drained({ laterLooks: true });
  const settled = watch.lines().length;
  await world.fire('poll-directory');
  await world.pass(5_000);
  await world.drained();
  expect(watch.lines()).toHaveLength(settled);
  expect(store.users.every(({ active }) => active)).toBe(true);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(await world.deadLetters()).toEqual([]);
});
