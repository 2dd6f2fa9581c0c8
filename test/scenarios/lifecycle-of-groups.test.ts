import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const GRACE_MINUTES = 10;
const GRACE_MS = GRACE_MINUTES * 60_000;
/** The poll's interval, and what its rows take. */
const ONE_POLL_MS = 75_000;

test('a group that left is deleted only after an approval, keeps what its policy keeps, and loses its members when its grace ends', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const both = [ada.id, bob.id];
  const [doomed, returning, filtered] = [
    group('doomed', both),
    group('returning', both),
    group('kept', both),
  ];
  const [gone, restored] = [group('gone', both), group('restored', both)];
  const groups = [doomed, returning, filtered, gone, restored];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups, assigned: [...groups.map(({ id }) => id), ...both] }),
    limits: 'off',
    config: {
      scope: { filters: { groups: [[{ attribute: 'description', operator: 'IS NULL' }]] } },
      lifecycle: {
        groups: {
          unassigned: { action: 'delete' },
          filteredOut: { action: 'keep' },
          deleted: { action: 'removeMembers', graceMinutes: GRACE_MINUTES },
        },
      },
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const unassign = (id: string): void => {
    for (const assignment of directory.store.truth.assignmentsOf(id)) directory.store.unassign(assignment.id);
  };
  const membersOf = (name: string): number | undefined => memberNames(world, name)?.length;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  for (const { displayName } of groups) expect(membersOf(displayName ?? '')).toBe(2);
  const oldId = store.group('doomed')?.id ?? '';

  // Unassigned, with a policy that deletes: the members go, the group waits for a person.
  const changes = writesFromNow(world);
  for (const { id } of [doomed, returning]) unassign(id);
  directory.store.update(filtered.id, { description: 'not for Databricks' });
  await world.eventually('both are empty', () => membersOf('doomed') === 0 && membersOf('returning') === 0);
  await world.drained({ laterLooks: true });
  const waits = [doomed, returning].map(({ id }) => `group-deletion group:${id}`);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(waits.sort());
  expect(changes.records().filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(membersOf('kept')).toBe(2);

  // One comes back meanwhile; the approval of the other deletes that one alone.
  directory.store.assign({ principalId: returning.id, resourceId: APPLICATION });
  await world.eventually('it is filled again', () => membersOf('returning') === 2);
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toEqual([{ hold: `group-deletion group:${doomed.id}`, ids: [oldId] }]);
  await approve(world, doomed.id);
  await world.eventually('it is deleted', () => store.group('doomed') === undefined);
  await world.drained({ laterLooks: true });
  expect(changes.paths().filter(path => path.startsWith('DELETE'))).toEqual([`DELETE /Groups/${oldId}`]);
  expect(await openHolds(world)).toEqual([]);

  // Deleted in Entra, with a grace period: a restore within it changes nothing, and its end is kept to the minute.
  const inGrace = writesFromNow(world);
  const deletedAt = Date.now();
  for (const { id } of [gone, restored]) directory.store.delete(id);
  await world.idle(GRACE_MS / 2);
  directory.store.restore(restored.id);
  await world.drained({ laterLooks: true });
  expect(inGrace.paths()).toEqual([]);
  await world.eventually('its members are out', () => membersOf('gone') === 0, GRACE_MS);
  expect(Date.now() - deletedAt).toBeGreaterThanOrEqual(GRACE_MS);
  expect(Date.now() - deletedAt).toBeLessThan(GRACE_MS + 2 * ONE_POLL_MS);
  await world.idle(GRACE_MS);
  expect(membersOf('restored')).toBe(2);
  expect(membersOf('kept')).toBe(2);

  // Assigned again after the deletion: a new group, with its members.
  directory.store.assign({ principalId: doomed.id, resourceId: APPLICATION });
  await world.eventually('it is there again', () => membersOf('doomed') === 2);
  expect(store.group('doomed')?.id).not.toBe(oldId);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(store.users.every(({ active }) => active)).toBe(true);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);

/** As the use case does: the approval is stored, and its owner is asked to look. */
async function approve(world: World, groupId: string): Promise<void> {
  const held = (await world.state.holds.list(world.target)).find(
    ({ value }) => value.kind === 'group-deletion' && value.principal.id === groupId,
  );
  await world.state.holds.approve(world.target, held?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });
  const at = { notBefore: Date.now(), heardAt: Date.now(), correlationId: randomUUID() };
  const principal = { kind: 'group', id: groupId } as const;
  await world.state.backlog.put({ target: world.target, principal, cause: 'on-demand', ...at }, 'revoke');
  await world.fire('poll-directory');
}
