import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { sourceReleased } from '../harness/source-released.ts';
import { APPLICATION, group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** How the source as a whole may refuse us, and the cause that the operator reads. */
const REFUSALS: readonly { cause: string; begin(world: World): void; foundBy: 'poll' | 'look' }[] = [
  {
    // Its assignments go with it, in every view, and a principal that is looked at shows none.
    cause: 'ApplicationNotFound',
    begin: ({ cloud }) => cloud.directory.store.delete(APPLICATION),
    foundBy: 'poll',
  },
  // The consent for people alone: groups and the application are still read.
  {
    cause: '403 Authorization_RequestDenied',
    begin: refusing(403, 'Authorization_RequestDenied', /\/users/),
    foundBy: 'look',
  },
];

test('a source that refuses us is one alert and no removal, burns no try, and everything follows when it is back', async () => {
  const [ada, ...people] = [user('ada'), ...users(3)];
  const team = group(
    'team',
    people.map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({ users: [ada, ...people], groups: [team], assigned: [ada.id, team.id] }),
    limits: 'off',
  });
  const { directory, databricks, broker } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  for (const [round, { cause, begin, foundBy }] of REFUSALS.entries()) {
    const [logged, written] = [world.logs.length, writesFromNow(world)];
    const events = (name: string) => world.logs.slice(logged).filter(line => line.includes(name));
    const quarantined = () => world.eventually('it is in quarantine', () => isQuarantined(world));
    begin(world);
    if (foundBy === 'poll') await quarantined();
    // Somebody is renamed, and one leaves the group: what notifications tell is looked at in vain.
    directory.store.update(ada.id, { displayName: `Ada ${round}` });
    directory.store.update(team.id, { description: `touched ${round}` });
    directory.store.removeMember(team.id, people[round]?.id ?? '');
    await quarantined();
    for (let minutes = 0; minutes < 2; minutes += 1) {
      world.clock.advance(57_000);
      await world.pass(3_000);
    }
    await world.state.targets.writeCycle({ startedAt: Date.now(), requested: true });
    await world.fire('reconcile');
    await world.pass(5_000);
    const { active, locked, deadLettered } = broker.counts('identity-changes');
    expect({ active, locked, deadLettered }, cause).toEqual({ active: 0, locked: 0, deadLettered: 0 });
    expect(written.paths(), cause).toEqual([]);
    expect(events('source-quarantined'), cause).toEqual([expect.stringContaining(cause)]);
    for (const spam of ['retry target=', 'not-kept', 'target-quarantined', 'held target=', 'Exception'])
      expect(events(spam), `${cause}: ${spam}`).toEqual([]);
    // Nor does anything else look as if it had stopped.
    expect(events('polled sourceQuarantined=true').length, cause).toBeGreaterThanOrEqual(1);
    expect(events('cycle-done'), cause).toEqual([expect.stringContaining('sourceQuarantined=true')]);
    expect(await world.state.targets.failures(world.target)).toEqual([]);

    if (foundBy === 'poll') directory.store.restore(APPLICATION);
    directory.faults.fail.splice(0);
    await sourceReleased(world);
    await world.eventually(
      'what happened meanwhile has arrived',
      () =>
        databricks.store.user('ada@contoso.com')?.displayName === `Ada ${round}` &&
        memberNames(world, 'team')?.length === people.length - round - 1,
    );
    expect(events('source-released'), cause).toHaveLength(1);
    await world.drained();
  }
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(databricks.store.users.filter(({ active }) => active)).toHaveLength(2);
});

function refusing(status: number, code: string, path: RegExp): (world: World) => void {
  return ({ cloud }) => {
    cloud.directory.faults.fail.push({ path, status, code, times: Number.POSITIVE_INFINITY });
  };
}

async function isQuarantined(world: World): Promise<boolean> {
  return (await world.state.source.read()).quarantine !== undefined;
}
