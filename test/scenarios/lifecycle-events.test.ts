import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { reconfigured } from '../harness/reconfigured.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const DAY_MS = 24 * 3_600_000;

interface Row {
  readonly event: string;
  /** How somebody gets his access: assigned himself, or as a member of an assigned group. All of them are in `kept`. */
  readonly by: 'assignment' | 'group';
  readonly leave: (at: Place) => void;
  readonly active: boolean;
  /** Still a member of the groups that he was in, which is where his access comes back from. */
  readonly keepsMembership: boolean;
  /** Undefined: for good. */
  readonly comeBack: ((at: Place) => void) | undefined;
}

interface Place {
  readonly world: World;
  readonly id: string;
  readonly team: string;
}

const store = ({ world }: Place) => world.cloud.directory.store;

/** Facts of the incumbent: "How application provisioning works", de-provisioning. What we do about each is ours. */
const rows: readonly Row[] = [
  {
    event: 'unassigned',
    by: 'assignment',
    leave: at => {
      for (const { id } of store(at).truth.assignmentsOf(at.id)) store(at).unassign(id);
    },
    active: false,
    keepsMembership: false,
    comeBack: at => store(at).assign({ principalId: at.id, resourceId: APPLICATION }),
  },
  {
    event: 'removed',
    by: 'group',
    leave: at => store(at).removeMember(at.team, at.id),
    active: false,
    keepsMembership: false,
    comeBack: at => store(at).addMember(at.team, at.id),
  },
  {
    event: 'filtered-out',
    by: 'group',
    leave: at => store(at).update(at.id, { department: 'Sales' }),
    active: false,
    keepsMembership: true,
    comeBack: at => store(at).update(at.id, { department: 'Engineering' }),
  },
  {
    event: 'disabled',
    by: 'group',
    leave: at => store(at).update(at.id, { accountEnabled: false }),
    active: false,
    keepsMembership: true,
    comeBack: at => store(at).update(at.id, { accountEnabled: true }),
  },
  {
    event: 'soft-deleted',
    by: 'group',
    leave: at => store(at).delete(at.id),
    active: false,
    keepsMembership: false,
    comeBack: at => store(at).restore(at.id),
  },
  {
    event: 'soft-deleted-while-assigned',
    by: 'assignment',
    leave: at => store(at).delete(at.id),
    active: false,
    keepsMembership: false,
    comeBack: at => store(at).restore(at.id),
  },
  {
    event: 'hard-deleted',
    by: 'group',
    leave: at => {
      store(at).delete(at.id);
      store(at).purge(at.id);
    },
    active: false,
    keepsMembership: false,
    comeBack: undefined,
  },
  {
    event: 'nothing',
    by: 'group',
    leave: () => {},
    active: true,
    keepsMembership: true,
    comeBack: () => {},
  },
];

test('every way to leave takes the account off and deletes nothing, and every way back gives all of it back', async () => {
  const people = rows.map(({ event }) => user(event, { department: 'Engineering' }));
  const idOf = (event: string): string =>
    people.find(({ userPrincipalName }) => userPrincipalName === `${event}@contoso.com`)?.id ?? '';
  const [byGroup, byAssignment] = [
    rows.filter(r => r.by === 'group'),
    rows.filter(r => r.by === 'assignment'),
  ];
  const team = group(
    'team',
    byGroup.map(({ event }) => idOf(event)),
  );
  // Assigned as well, so that membership in it is of no use to whoever is no longer entitled by anything.
  const doomed = group('doomed', [idOf('soft-deleted-while-assigned')]);
  await using world = await createWorld({
    seed: tenant({
      users: people,
      groups: [team, doomed],
      assigned: [team.id, doomed.id, ...byAssignment.map(({ event }) => idOf(event))],
    }),
    limits: 'off',
    config: {
      scope: {
        filters: { users: [[{ attribute: 'department', operator: 'EQUALS', value: 'Engineering' }]] },
      },
    },
  });
  const { databricks } = world.cloud;
  const place = ({ event }: Row): Place => ({ world, id: idOf(event), team: team.id });
  const activeOf = ({ event }: Row) => databricks.store.user(`${event}@contoso.com`)?.active;
  const inTeam = (names: readonly Row[]): string[] => names.map(({ event }) => `${event}@contoso.com`).sort();
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(rows.map(activeOf)).toEqual(rows.map(() => true));
  expect(memberNames(world, 'team')).toEqual(inTeam(byGroup));
  const ids = new Map(rows.map(({ event }) => [event, scimIdOf(world, event)]));

  const gone = writesFromNow(world);
  for (const row of rows) row.leave(place(row));
  await world.eventually('all of them are off', () => rows.every(row => activeOf(row) === row.active));
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(inTeam(byGroup.filter(row => row.keepsMembership)));
  expect(gone.records().filter(({ method }) => method !== 'PATCH')).toEqual([]);
  await expectConverged(world);

  const back = rows.filter(row => row.comeBack !== undefined);
  for (const row of back) row.comeBack?.(place(row));
  await world.eventually('who came back is on', () => back.every(row => activeOf(row) === true));
  await world.eventually(
    'memberships are back',
    () => memberNames(world, 'team')?.length === byGroup.filter(row => row.comeBack !== undefined).length,
  );
  await expectConverged(world);
  expect(memberNames(world, 'team')).toEqual(inTeam(byGroup.filter(row => row.comeBack !== undefined)));
  expect(memberNames(world, 'doomed')).toEqual(['soft-deleted-while-assigned@contoso.com']);
  expect(rows.filter(row => activeOf(row) !== true).map(({ event }) => event)).toEqual(['hard-deleted']);
  expect(gone.records().filter(({ method }) => method !== 'PATCH')).toEqual([]);
  for (const { event } of rows) expect(scimIdOf(world, event)).toBe(ids.get(event));

  // Thirty days in the recycle bin end by themselves. Whoever unassigned him long ago does not keep the account.
  const [binned, orphan] = [idOf('soft-deleted'), idOf('unassigned')];
  world.cloud.directory.store.delete(binned);
  for (const { id } of world.cloud.directory.store.truth.assignmentsOf(orphan))
    world.cloud.directory.store.unassign(id);
  await world.eventually('both are off', () =>
    rows
      .filter(({ event }) => event === 'soft-deleted' || event === 'unassigned')
      .every(row => activeOf(row) === false),
  );
  await world.drained({ laterLooks: true });
  world.cloud.directory.store.delete(orphan);
  await world.drained({ laterLooks: true });
  await reconfigured(world, {
    scope: { filters: { users: [[{ attribute: 'department', operator: 'EQUALS', value: 'Engineering' }]] } },
    lifecycle: { users: { hardDeleted: { action: 'delete' } } },
  });
  await world.eventually(
    'the long gone is deleted',
    () => databricks.store.user('hard-deleted@contoso.com') === undefined,
  );
  expect(databricks.store.user('soft-deleted@contoso.com')?.active).toBe(false);
  expect(databricks.store.user('unassigned@contoso.com')?.active).toBe(false);
  // What is on the queue would expire on the way.
  await world.drained({ laterLooks: true });
  world.clock.advance(31 * DAY_MS);
  await world.eventually(
    'the recycle bin is empty, and so is their place in the target',
    () =>
      databricks.store.user('soft-deleted@contoso.com') === undefined &&
      databricks.store.user('unassigned@contoso.com') === undefined,
    3_600_000,
  );
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(databricks.store.users).toHaveLength(rows.length - 3);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
