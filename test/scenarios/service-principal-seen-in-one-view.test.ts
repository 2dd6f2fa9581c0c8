import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ServicePrincipalView } from '../../src/local/directory/faults.ts';
import { audit, expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { group, tenant } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const VIEWS: readonly ServicePrincipalView[] = ['get', 'list', 'delta', 'members', 'assignments', 'deleted'];

test('a service principal that single views of Graph leave out is never removed', async () => {
  const robot = { id: randomUUID(), appId: randomUUID(), displayName: 'robot' };
  const helper = { id: randomUUID(), appId: randomUUID(), displayName: 'helper' };
  const leaver = { id: randomUUID(), appId: randomUUID(), displayName: 'leaver' };
  const inner = group('inner', [helper.id]);
  const team = group('team', [inner.id, leaver.id]);
  await using world = await createWorld({
    seed: tenant({
      groups: [inner, team],
      servicePrincipals: [robot, helper, leaver],
      assigned: [robot.id, team.id],
    }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const members = () => store.group('team')?.members.size;
  const active = () => store.servicePrincipals.filter(account => account.active).length;
  // The member lists of v1.0 show none of them: that they are here at all proves that another one was asked.
  expect([members(), active()]).toEqual([2, 3]);

  const hidden = [robot.id, helper.id];
  for (const view of VIEWS) {
    const wrong = writesFromNow(world);
    directory.faults.hideServicePrincipals = { [view]: hidden };
    for (const id of hidden) directory.store.update(id, { displayName: `not seen by ${view}` });
    directory.store.update(team.id, { description: `members not seen by ${view}` });
    await world.idle(2 * 60_000);
    await audit(world);
    expect(takingAway(wrong.records()), view).toEqual([]);
    directory.faults.hideServicePrincipals = false;
    await world.drained({ laterLooks: true });
    expect([members(), active()], view).toEqual([2, 3]);
  }

  // Who is really taken out of the group goes, while the lists show nobody.
  directory.faults.hideServicePrincipals = { members: true };
  directory.store.removeMember(team.id, leaver.id);
  await world.eventually('out', () => members() === 1);
  await world.eventually('and off', () => store.servicePrincipal(leaver.appId)?.active === false);
  directory.faults.hideServicePrincipals = false;
  await expectConverged(world);
  expect([members(), active()]).toEqual([1, 2]);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
