import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { reconfigured } from '../harness/reconfigured.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** A filter on other objects acts with the next poll or two. */
const TWO_POLLS_MS = 135_000;

test('filters, lists, guests and kinds of groups decide who is in, and whoever comes back into scope comes back with his memberships', async () => {
  const employee = (alias: string) => user(alias, { department: 'Engineering' });
  const [ada, moved, lists] = [employee('ada'), employee('moved'), employee('excluded')];
  const outsider = user('included', { department: 'Sales' });
  const stranger = user('stranger', { department: 'Engineering' });
  const elsewhere = user('elsewhere', { department: 'Sales' });
  const contractor = user('contractor', { department: 'Sales' });
  const guest = user('x', {
    userPrincipalName: 'jo_partner.com#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
    department: 'Engineering',
  });
  const admitted = group('admitted', []);
  const members = [ada, moved, lists, elsewhere, contractor, guest].map(({ id }) => id);
  const team = group('team', members);
  const [unified, list] = [
    { ...group('unified', [ada.id]), securityEnabled: false, mailEnabled: true, groupTypes: ['Unified'] },
    { ...group('mailing list', [ada.id]), securityEnabled: false, mailEnabled: true },
  ];
  const filters = {
    users: [
      [{ attribute: 'department', operator: 'EQUALS', value: 'Engineering' }],
      [{ operator: 'IsMemberOf', value: admitted.id }],
    ],
  };
  const scope = { filters, include: [outsider.id], exclude: [lists.id] };
  await using world = await createWorld({
    seed: tenant({
      users: [ada, moved, lists, outsider, stranger, elsewhere, contractor, guest],
      groups: [team, admitted, unified, list],
      assigned: [team.id, unified.id, list.id],
    }),
    limits: 'off',
    config: { scope: { ...scope, guests: false } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const at = (alias: string) => store.user(`${alias}@contoso.com`);
  const names = (...aliases: string[]): string[] => aliases.map(alias => `${alias}@contoso.com`);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.users.map(({ userName }) => userName).sort()).toEqual(names('ada', 'included', 'moved'));
  expect(store.groups.map(({ displayName }) => displayName)).toEqual(['team']);
  expect(memberNames(world, 'team')).toEqual(names('ada', 'moved'));

  // A member of an assigned group whose department changes: out, in, and somebody new in.
  const movedId = scimIdOf(world, 'moved');
  directory.store.update(moved.id, { department: 'Sales' });
  await world.eventually('he is off', () => at('moved')?.active === false);
  await world.drained({ laterLooks: true });
  directory.store.update(moved.id, { department: 'Engineering' });
  directory.store.update(elsewhere.id, { department: 'Engineering' });
  await world.eventually(
    'both are on',
    () => at('moved')?.active === true && at('elsewhere')?.active === true,
  );
  await world.eventually('and in', () => memberNames(world, 'team')?.length === 3);
  expect(scimIdOf(world, 'moved')).toBe(movedId);
  await world.drained({ laterLooks: true });

  // Joining the group that a filter names, and leaving it, for an hour at a time.
  for (const round of ['first', 'second']) {
    directory.store.addMember(admitted.id, contractor.id);
    await world.eventually(`${round}: on`, () => at('contractor')?.active === true, TWO_POLLS_MS);
    await world.eventually(
      `${round}: in`,
      () => memberNames(world, 'team')?.includes('contractor@contoso.com') === true,
      TWO_POLLS_MS,
    );
    await world.idle(6 * 60_000);
    directory.store.removeMember(admitted.id, contractor.id);
    await world.eventually(`${round}: off`, () => at('contractor')?.active === false, TWO_POLLS_MS);
    await world.idle(6 * 60_000);
  }
  expect(store.group('admitted')).toBeUndefined();
  await expectConverged(world);

  // Another configuration: guests and Microsoft 365 groups come, one list is lifted, and nothing is created twice.
  const before = new Map(store.users.map(({ id, userName }) => [userName, id]));
  const changes = writesFromNow(world);
  await reconfigured(world, {
    scope: { filters, include: [], exclude: [ada.id], guests: true, microsoft365Groups: true },
  });
  await world.eventually('the guest is on', () => store.user('jo@partner.com')?.active === true);
  await world.eventually('the excluded one is off', () => at('ada')?.active === false);
  await world.eventually('the included one is off', () => at('included')?.active === false);
  await expectConverged(world);
  expect(at('excluded')?.active).toBe(true);
  for (const [name, id] of before) expect(store.user(name ?? '')?.id).toBe(id);
  expect(memberNames(world, 'team')).toEqual([
    ...names('ada', 'contractor', 'elsewhere', 'excluded'),
    'jo@partner.com',
    ...names('moved'),
  ]);
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['team', 'unified']);
  const posts = changes.records().filter(({ method }) => method === 'POST');
  expect(posts.map(({ path }) => path).sort()).toEqual(['/Groups', '/Users', '/Users']);
  expect(changes.records().filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(at('stranger')).toBeUndefined();
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
