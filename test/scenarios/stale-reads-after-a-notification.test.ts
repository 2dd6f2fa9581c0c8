import { expect, test } from 'vitest';
import { expectConverged, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** A grant right after a removal needs a second read that agrees, this much later. */
const SECOND_READ_AFTER_MS = 10_000;

test('a replica that lags behind its own notification costs a later look, never the change', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const team = group('team', [ada.id, bob.id, eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  // Notifications alone: a poll would hide what the later look is for.
  directory.faults.throttle.push({ path: /\/delta/, times: Number.POSITIVE_INFINITY, retryAfterSeconds: 1 });

  for (const [lag, jitter] of [
    [20_000, 0],
    [45_000, 0],
    [20_000, 25_000],
  ] as const) {
    Object.assign(directory.faults, { readLagMs: lag, lagJitter: jitter });
    directory.store.update(ada.id, { displayName: `Ada ${lag} ${jitter}` });
    await world.idle(lag - 1_000);
    expect(store.user('ada@contoso.com')?.displayName).not.toBe(`Ada ${lag} ${jitter}`);
    await world.drained({ laterLooks: true });
    expect(store.user('ada@contoso.com')?.displayName).toBe(`Ada ${lag} ${jitter}`);
  }

  // A removal is found late as well, and by one write for the membership and one for the account.
  Object.assign(directory.faults, { readLagMs: 45_000, lagJitter: 10_000 });
  const removal = writesFromNow(world);
  directory.store.removeMember(team.id, bob.id);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).not.toContain('bob@contoso.com');
  expect(store.user('bob@contoso.com')?.active).toBe(false);
  const teamId = store.group('team')?.id;
  expect(removal.paths().sort()).toEqual(
    [`PATCH /Groups/${teamId}`, `PATCH /Users/${scimIdOf(world, 'bob')}`].sort(),
  );

  // Back again within five minutes: granted by the second of two reads that agree.
  Object.assign(directory.faults, { readLagMs: 0, lagJitter: 0 });
  directory.store.removeMember(team.id, eve.id);
  await world.eventually('eve is off', () => store.user('eve@contoso.com')?.active === false);
  await world.eventually('eve is out', () => !memberNames(world, 'team')?.includes('eve@contoso.com'));
  const grant = writesFromNow(world);
  const backAt = Date.now();
  const reads = directory.requests;
  directory.store.addMember(team.id, eve.id);
  await world.eventually('eve is on', () => store.user('eve@contoso.com')?.active === true);
  await world.eventually('eve is in', () => memberNames(world, 'team')?.includes('eve@contoso.com') === true);
  // The looks at her and at her group do not chase each other while they wait for the second read.
  expect(directory.requests - reads).toBeLessThan(150);
  for (const { at } of grant.records()) expect(at - backAt).toBeGreaterThanOrEqual(SECOND_READ_AFTER_MS);

  // Removed once more, and then stale answers show her as a member, with a right one in between: they grant nothing.
  const removedAt = Date.now();
  directory.store.removeMember(team.id, eve.id);
  await world.eventually('eve is off', () => store.user('eve@contoso.com')?.active === false);
  await world.eventually('eve is out', () => !memberNames(world, 'team')?.includes('eve@contoso.com'));
  const quiet = writesFromNow(world);
  for (const round of ['first', 'second']) {
    directory.store.update(team.id, { description: round });
    directory.store.update(eve.id, { jobTitle: round });
    directory.faults.readLagMs = Date.now() - removedAt + 2_000;
    await world.pass(4_000);
    directory.faults.readLagMs = 0;
    await world.drained({ laterLooks: true });
  }
  expect(quiet.paths()).toEqual([]);

  directory.faults.throttle.splice(0);
  await expectConverged(world);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(await world.deadLetters()).toEqual([]);
});
