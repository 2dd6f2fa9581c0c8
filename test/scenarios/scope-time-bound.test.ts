import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** The poll's interval, and what its rows take. */
const ONE_POLL_MS = 75_000;
const FOUR_HOURS_MS = 4 * 3_600_000;

test('a membership that lasts for hours arrives and ends in time, with and without notifications, and so does an assignment', async () => {
  const [ada, eli] = [user('ada'), user('eligible')];
  // Who activates here is a member for some hours; below it, one is a member all the time.
  const activated = group('activated', []);
  const admins = group('operators', [ada.id, activated.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, eli], groups: [activated, admins], assigned: [admins.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const isIn = (): boolean => memberNames(world, 'operators')?.includes('eligible@contoso.com') === true;
  const isOn = (): boolean => store.user('eligible@contoso.com')?.active === true;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.user('eligible@contoso.com')).toBeUndefined();

  let account: string | undefined;
  for (const [where, lost] of [
    [admins, false],
    [activated, true],
  ] as const) {
    // When notifications get lost, the poll alone has to do.
    directory.faults.notifications = { drop: lost };
    directory.store.addMember(where.id, eli.id);
    await world.until('activated', () => isOn() && isIn(), ONE_POLL_MS);
    account ??= scimIdOf(world, 'eligible');
    expect(scimIdOf(world, 'eligible')).toBe(account);
    world.clock.advance(FOUR_HOURS_MS);
    await world.drained({ laterLooks: true });
    expect(isOn() && isIn()).toBe(true);
    directory.store.removeMember(where.id, eli.id);
    await world.until('expired', () => !isOn() && !isIn(), 2 * ONE_POLL_MS);
    await world.idle(6 * 60_000);
  }
  directory.faults.notifications = {};

  // An access package assigns the application itself for a while, more than once.
  for (const round of ['first', 'second']) {
    const { id } = directory.store.assign({ principalId: eli.id, resourceId: APPLICATION });
    await world.until(`${round}: assigned`, isOn, ONE_POLL_MS);
    await world.drained({ laterLooks: true });
    directory.store.unassign(id);
    await world.until(`${round}: ended`, () => !isOn(), 2 * ONE_POLL_MS);
    await world.idle(6 * 60_000);
  }

  // One way in ends while another one is open: nothing is taken away.
  directory.store.addMember(activated.id, eli.id);
  directory.store.addMember(admins.id, eli.id);
  await world.until('activated', () => isOn() && isIn(), ONE_POLL_MS);
  await world.drained({ laterLooks: true });
  const changes = writesFromNow(world);
  directory.store.removeMember(activated.id, eli.id);
  await world.drained({ laterLooks: true });
  await expectConverged(world);
  expect(changes.paths()).toEqual([]);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
