import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const HOUR = 3_600_000;

test.each([
  ['the one whose id comes first', 0, 0],
  ['the other one', 1, 0],
  // As they do when the rename is applied long after everybody has given up on it.
  ['one whose old name is shown for minutes', 0, 3 * 60_000],
])(
  'groups that want each other’s names get them although a rename before was never answered: of %s',
  async (_, index, readLagMs) => {
    const [ada, bob] = [user('ada'), user('bob')];
    const pair = [group('red', [ada.id]), group('blue', [bob.id])].sort((a, b) => (a.id < b.id ? -1 : 1));
    const [renamed, other] = [pair[index], pair[1 - index]];
    if (renamed === undefined || other === undefined) throw new Error('there are two');
    await using world = await createWorld({
      seed: tenant({ users: [ada, bob], groups: pair, assigned: pair.map(({ id }) => id) }),
      limits: 'off',
    });
    const { directory, databricks } = world.cloud;
    await world.initialCycle();
    await world.drained({ laterLooks: true });
    const nameOf = (id: string) =>
      databricks.store.groups.find(({ externalId }) => externalId === id)?.displayName;

    const scimId = databricks.store.groups.find(({ externalId }) => externalId === renamed.id)?.id;
    databricks.faults.push({
      method: 'PATCH',
      path: new RegExp(`/Groups/${scimId}`),
      status: 504,
      applied: true,
      times: 1_000,
    });
    directory.store.update(renamed.id, { displayName: 'pink' });
    await world.eventually('it is renamed, and nobody says so', () => nameOf(renamed.id) === 'pink');
    databricks.faults.splice(0);
    databricks.readLagMs = readLagMs;
    directory.store.update(renamed.id, { displayName: other.displayName ?? '' });
    directory.store.update(other.id, { displayName: 'pink' });
    await world.eventually(
      'both have their names',
      () => nameOf(renamed.id) === other.displayName && nameOf(other.id) === 'pink',
      HOUR,
    );
    await world.drained({ laterLooks: true, withinMs: HOUR });
    await expectConverged(world);
    expect(await openHolds(world)).toEqual([]);
    expect(await world.deadLetters()).toEqual([]);
  },
);
