import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { audit, expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { APPLICATION, group, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const reader = { id: randomUUID(), value: 'reader' };
const writer = { id: randomUUID(), value: 'writer' };

/** With status 200, and without what is missing. */
const LISTS = [
  ['his own assignments', /\/users\/[^/]+\/appRoleAssignments/],
  ['all assignments', /\/appRoleAssignedTo/],
  ['his groups', /[mM]emberOf/],
  ['the members of groups', /\/(transitiveM|m)embers/],
] as const;

test.each(LISTS)(
  'nobody loses what his app roles give him because the list of %s is short',
  async (_, list) => {
    // Each is in scope by the team, and has his role besides: she by herself, he by a group.
    const [ada, bob] = [user('ada'), user('bob')];
    const team = group('team', [ada.id, bob.id]);
    const writers = group('writers', [bob.id]);
    const assigned = (principalId: string, appRoleId?: string) => ({
      principalId,
      resourceId: APPLICATION,
      ...(appRoleId !== undefined && { appRoleId }),
    });
    await using world = await createWorld({
      seed: {
        users: [ada, bob],
        groups: [team, writers],
        servicePrincipals: [{ id: APPLICATION, displayName: 'Databricks', appRoles: [reader, writer] }],
        assignments: [
          assigned(team.id, reader.id),
          assigned(ada.id, writer.id),
          assigned(writers.id, writer.id),
        ],
      },
      limits: 'off',
      config: {
        scope: {
          filters: { users: [[{ attribute: 'appRoleAssignments', operator: 'INCLUDES', value: 'writer' }]] },
        },
        mappings: {
          users: [
            { target: 'userName', source: 'userPrincipalName', matching: 1 },
            { target: 'externalId', source: 'objectId', matching: 2 },
            { target: 'active', expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' },
            { target: 'roles', source: 'appRoleAssignments', values: ['reader', 'writer'], assert: true },
          ],
        },
      },
    });
    const { directory, databricks } = world.cloud;
    const { faults, store } = directory;
    const rolesOf = (alias: string) =>
      [...(databricks.store.user(`${alias}@contoso.com`)?.roles ?? [])].sort();
    const isOn = (alias: string) => databricks.store.user(`${alias}@contoso.com`)?.active;
    await world.initialCycle();
    await world.drained({ laterLooks: true });
    expect([rolesOf('ada'), rolesOf('bob')]).toEqual([
      ['reader', 'writer'],
      ['reader', 'writer'],
    ]);

    const wrong = writesFromNow(world);
    faults.truncateLists = list;
    for (const { id } of [ada, bob, team, writers])
      store.update(id, { description: 'touched', jobTitle: 'touched' });
    await world.idle(2 * 60_000);
    await audit(world);
    expect(takingAway(wrong.records())).toEqual([]);

    // What really ended ends, as soon as no list says otherwise: without his groups he would not be in scope at all.
    store.removeMember(writers.id, bob.id);
    const [own] = store.truth.assignmentsTo(APPLICATION).filter(({ principalId }) => principalId === ada.id);
    store.unassign(own?.id ?? '');
    if (list.test('memberOf')) faults.truncateLists = false;
    await world.eventually('both are off', () => isOn('ada') === false && isOn('bob') === false, 600_000);
    faults.truncateLists = false;
    await expectConverged(world);
  },
);
