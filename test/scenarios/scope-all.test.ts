import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('in mode all the whole tenant is in scope, less guests and what filters keep out, and service principals by assignment', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [out, off] = [user('out', { department: 'Sales' }), user('off', { accountEnabled: false })];
  const guest = user('x', {
    userPrincipalName: 'jo_partner.com#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
  });
  const sp = (displayName: string) => ({ id: randomUUID(), appId: randomUUID(), displayName });
  const [assigned, inGroup, nobody] = [sp('assigned'), sp('in group'), sp('nobody')];
  const child = group('child', [bob.id]);
  const team = group('team', [ada.id, guest.id, out.id, off.id, inGroup.id, child.id]);
  const other = group('other', [nobody.id]);
  const unified = { ...group('unified', [ada.id]), securityEnabled: false, groupTypes: ['Unified'] };
  const config = {
    scope: {
      mode: 'all',
      servicePrincipals: true,
      filters: { users: [[{ attribute: 'department', operator: 'IS NULL' }]] },
    },
  };
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, out, off, guest],
      groups: [child, team, other, unified],
      servicePrincipals: [assigned, inGroup, nobody],
      assigned: [team.id, assigned.id],
    }),
    limits: 'off',
    config,
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const isOn = (alias: string) => store.user(`${alias}@contoso.com`)?.active;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.users.map(({ userName }) => userName).sort()).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['child', 'other', 'team']);
  expect(store.servicePrincipals.map(({ displayName }) => displayName).sort()).toEqual([
    'assigned',
    'in group',
  ]);
  expect(store.group('team')?.members.size).toBe(3);
  expect(memberNames(world, 'other')).toEqual([]);

  // Whoever joins the tenant is in scope by that; a group likewise, nested or not.
  const eve = directory.store.addUser(user('eve'));
  const late = directory.store.addGroup(group('late', [eve.id, ada.id]));
  directory.store.addMember(child.id, eve.id);
  await world.eventually('eve is on', () => isOn('eve') === true);
  await world.eventually('her groups have her', () =>
    ['late', 'child', 'team'].every(name => memberNames(world, name)?.includes('eve@contoso.com') === true),
  );
  await world.drained({ laterLooks: true });

  // Leaving: by a filter, disabled, deleted; and back.
  const ids = new Map(['ada', 'bob', 'eve'].map(alias => [alias, scimIdOf(world, alias)]));
  const changes = writesFromNow(world);
  directory.store.update(ada.id, { department: 'Sales' });
  directory.store.update(bob.id, { accountEnabled: false });
  directory.store.delete(eve.id);
  directory.store.delete(late.id);
  directory.store.update(off.id, { accountEnabled: true });
  directory.store.update(out.id, { department: null });
  await world.eventually('three are off', () => ['ada', 'bob', 'eve'].every(alias => isOn(alias) === false));
  await world.eventually('two came', () => isOn('off') === true && isOn('out') === true);
  await world.eventually('the deleted group is empty', () => memberNames(world, 'late')?.length === 0);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'child')).toEqual(['bob@contoso.com']);
  directory.store.update(ada.id, { department: null });
  directory.store.update(bob.id, { accountEnabled: true });
  directory.store.restore(eve.id);
  directory.store.restore(late.id);
  await world.eventually('they are on', () => ['ada', 'bob', 'eve'].every(alias => isOn(alias) === true));
  await world.eventually('all groups are whole', () =>
    ['late', 'child', 'team'].every(name => memberNames(world, name)?.includes('eve@contoso.com') === true),
  );
  await expectConverged(world);
  for (const [alias, id] of ids) expect(scimIdOf(world, alias)).toBe(id);
  expect(changes.paths().filter(path => path.startsWith('DELETE'))).toEqual([]);

  // A service principal comes and goes with the assignment of its group, and nobody else does.
  directory.store.assign({ principalId: other.id, resourceId: APPLICATION });
  await world.eventually('it is on', () => store.servicePrincipal(nobody.appId)?.active === true);
  await world.eventually('and in', () => store.group('other')?.members.size === 1);
  await world.drained({ laterLooks: true });
  for (const { id } of directory.store.truth.assignmentsOf(team.id)) directory.store.unassign(id);
  await world.eventually('off', () => store.servicePrincipal(inGroup.appId)?.active === false);
  await world.drained({ laterLooks: true });
  expect(isOn('ada')).toBe(true);
  expect(memberNames(world, 'team')).toContain('ada@contoso.com');

  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
