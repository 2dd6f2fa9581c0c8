import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { SourceUnavailable } from '../../src/directory/errors.ts';
import { RetryLater } from '../../src/identity/errors.ts';
import type { FailRule } from '../../src/local/directory/faults.ts';
import { SourceClosed, SourceQuarantine } from '../../src/provisioning/source-quarantine.ts';
import { openState } from '../../src/state/state.ts';
import { startPair } from '../directory/graph.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createTestClock } from '../harness/test-clock.ts';

const MINUTE = 60_000;
const ada = user('ada');
const team = group('team', [ada.id]);
const denied = (path: RegExp, times = Number.POSITIVE_INFINITY): FailRule => ({
  path,
  status: 403,
  code: 'Authorization_RequestDenied',
  times,
});

async function startSource() {
  const clock = createTestClock();
  clock.install();
  const pair = await startPair(tenant({ users: [ada], groups: [team], assigned: [ada.id, team.id] }));
  const storage = await takeStorage();
  const state = openState({ connectionString: storage.account(storage.accountName).connectionString });
  await state.ensure();
  for (const p of [
    { kind: 'user' as const, id: ada.id },
    { kind: 'group' as const, id: team.id },
  ])
    await state.assignments.put({ id: randomUUID(), principal: p, phase: 'current' });
  onTestFinished(async () => {
    await pair[Symbol.asyncDispose]();
    await storage.close();
    clock.dispose();
  });
  const log = recordedLog();
  const { graph: directory } = pair;
  const open = () => new SourceQuarantine({ state, directory, applicationObjectId: APPLICATION, log });
  const readAda = async (source: SourceQuarantine) => source.guard(() => directory.getUser(ada.id));
  return {
    clock,
    local: pair.local,
    directory,
    state,
    open,
    readAda,
    events: (name: string) => log.lines.filter(line => line.startsWith(name)),
  };
}

test.each<[string, RegExp]>([
  ['users', /\/users\//],
  ['groups', /\/groups\//],
  ['service principals', /\/servicePrincipals\//],
  ['assignments of a principal', /appRoleAssignments/],
  ['memberships of a principal', /checkMemberGroups|getMemberGroups|\$batch/],
])('a consent that is withdrawn for %s is a refusal by the source as a whole', async (_, path) => {
  const world = await startSource();
  const source = world.open();
  world.local.faults.fail = [denied(path)];
  const refusal = new SourceUnavailable('403 Authorization_RequestDenied', 'met by a look');
  await expect(source.guard(() => Promise.reject(refusal))).rejects.toThrow(SourceClosed);
  expect(await source.isOn()).toBe(true);
  // It stays closed for as long as that very consent is missing.
  world.clock.advance(2 * MINUTE);
  expect(await source.isOpen()).toBe(false);
  world.local.faults.fail = [];
  world.clock.advance(2 * MINUTE);
  expect(await source.isOpen()).toBe(true);
  expect(world.events('source-quarantined')).toHaveLength(1);
  expect(world.events('source-released')).toHaveLength(1);
});

test('one refused read, while everything else is answered, is no quarantine', async () => {
  const world = await startSource();
  const source = world.open();
  world.local.faults.fail = [denied(new RegExp(`/users/${ada.id}\\?`))];
  await expect(world.readAda(source)).rejects.toThrow(SourceUnavailable);
  const { requests } = world.local;
  for (let i = 0; i < 20; i += 1) await expect(world.readAda(source)).rejects.toThrow(SourceUnavailable);
  // The source was asked about it once, not each time.
  expect(world.local.requests - requests).toBe(20);
  expect(await source.isOn()).toBe(false);
  expect(world.events('source-')).toEqual([]);
});

test('many looks that meet the same refusal are one event and one probe, on every instance', async () => {
  const world = await startSource();
  const [one, two] = [world.open(), world.open()];
  world.local.faults.hideServicePrincipals = true;
  world.local.faults.fail = [denied(/./)];
  const looks = [one, two].flatMap(source => Array.from({ length: 20 }, () => world.readAda(source)));
  const settled = await Promise.allSettled(looks);
  for (const look of settled) expect(look).toMatchObject({ reason: expect.any(SourceClosed) });
  expect(world.events('source-quarantined')).toEqual([
    expect.stringContaining('403 Authorization_RequestDenied'),
  ]);
  expect((await world.state.source.read()).quarantine).toMatchObject({ probes: 0 });
  const { requests } = world.local;
  for (const source of [one, two]) await expect(world.readAda(source)).rejects.toThrow(SourceClosed);
  expect(world.local.requests).toBe(requests);
});

test('probes come at growing intervals, up to ten minutes, and a new cause is a new event', async () => {
  const world = await startSource();
  const source = world.open();
  world.local.faults.hideServicePrincipals = [APPLICATION];
  const refusal = new SourceUnavailable('ApplicationNotFound', 'met by a poll');
  expect(await source.explains(refusal)).toBe(true);
  const { requests } = world.local;
  let probes = 0;
  world.local.faults.gate = ({ path }) => {
    if (path.includes('appRoles')) probes += 1;
  };
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      world.clock.advance(MINUTE);
      expect(await source.isOpen()).toBe(false);
    }
  };
  await minutes(60);
  // After 0.5, 1, 2, 4, 8, 10, 10, ... minutes, found by a poll a minute.
  expect(probes).toBeGreaterThanOrEqual(6);
  expect(probes).toBeLessThanOrEqual(10);
  expect(world.local.requests - requests).toBe(probes);
  expect(world.events('source-quarantined')).toEqual([expect.stringContaining('ApplicationNotFound')]);

  world.local.faults.hideServicePrincipals = false;
  world.local.faults.fail = [denied(/./)];
  await minutes(20);
  expect(world.events('source-quarantined')).toHaveLength(2);
  // What is no answer at all changes nothing about it.
  world.local.faults.fail = [{ path: /./, status: 400, times: 1_000 }];
  await minutes(20);
  expect(world.events('source-')).toHaveLength(
    world.events('source-quarantined').length + world.events('source-probe-unanswered').length,
  );
  world.local.faults.fail = [];
  world.clock.advance(10 * MINUTE);
  expect(await source.isOpen()).toBe(true);
  expect(await source.isOn()).toBe(false);
});

test('a source that cannot be reached is tried again, and not in quarantine', async () => {
  const world = await startSource();
  const source = world.open();
  world.local.faults.fail = [{ path: /./, status: 503, retryAfterSeconds: 120, times: 1_000 }];
  await expect(world.readAda(source)).rejects.toThrow(RetryLater);
  const refusal = new SourceUnavailable('403 Authorization_RequestDenied', 'met by a look');
  await expect(source.guard(() => Promise.reject(refusal))).rejects.toThrow(SourceUnavailable);
  expect(await source.isOpen()).toBe(true);
});

test('what another instance found is known here within seconds, both ways', async () => {
  const world = await startSource();
  const [one, two] = [world.open(), world.open()];
  expect(await two.isOn()).toBe(false);
  world.local.faults.fail = [denied(/./)];
  expect(await one.explains(new SourceUnavailable('403', 'met'))).toBe(true);
  world.clock.advance(6_000);
  expect(await two.isOn()).toBe(true);
  world.local.faults.fail = [];
  world.clock.advance(MINUTE);
  expect(await one.isOpen()).toBe(true);
  world.clock.advance(6_000);
  expect(await two.isOn()).toBe(false);
  await expect(world.readAda(two)).resolves.toMatchObject({ id: ada.id });
});

test('an error that says something else as well is not explained away', async () => {
  const world = await startSource();
  const source = world.open();
  world.local.faults.fail = [denied(/./)];
  const refusal = new SourceUnavailable('403', 'met');
  expect(await source.explains(new AggregateError([refusal, new Error('storage')]))).toBe(false);
  expect(await source.isOn()).toBe(true);
  expect(await source.explains(new AggregateError([refusal, refusal]))).toBe(true);
  expect(await source.explains(new Error('403'))).toBe(false);
});
