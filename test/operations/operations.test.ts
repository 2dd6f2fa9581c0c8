import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planLines } from '../../src/cli/plan-lines.ts';
import { RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import { type LocalCloud, startLocalCloud } from '../../src/local/cloud.ts';
import { startConfiguredSession } from '../../src/local/start/configured-session.ts';
import { initialCycle, settled } from '../../src/local/start/cycle.ts';
import type { Screen } from '../../src/local/start/screen.ts';
import type { Session } from '../../src/local/start/session.ts';
import { compareAll } from '../../src/operations/converged.ts';
import { approveHold, HoldNotApprovable, HoldNotFound, listHolds } from '../../src/operations/holds.ts';
import { LiveChanges } from '../../src/operations/live-changes.ts';
import { approvePlan, summarizePlan } from '../../src/operations/plan.ts';
import { requestCycle } from '../../src/operations/request-cycle.ts';
import { readStatus } from '../../src/operations/status.ts';
import { APPLICATION, group, tenant, users } from '../harness/tenant.ts';

// One account, from its first reading to the day's work: each test goes on where the one before ended.
const people = users(3);
const team = group(
  'Team',
  people.map(({ id }) => id),
);
const older = { ...group('Twins', [people[0]?.id ?? '']), createdDateTime: '2020-01-01T00:00:00Z' };
const younger = { ...group('Twins', [people[1]?.id ?? '']), createdDateTime: '2024-01-01T00:00:00Z' };
const { signal } = new AbortController();
const nameless = { id: (id: string) => id, key: (key: string) => key };
const startedAt = Date.now();
const lines: string[] = [];
const screen: Screen = {
  line: (text = '') => void lines.push(text),
  progress: () => undefined,
  table: rows => void lines.push(...rows.map(row => row.join(' '))),
};

let cloud: LocalCloud;
let session: Session;
let values: Record<string, string>;
let target: string;

beforeAll(async () => {
  cloud = await startLocalCloud({
    tenantId: randomUUID(),
    accountId: randomUUID(),
    applicationObjectId: APPLICATION,
    limits: 'off',
    seed: tenant({
      users: people,
      groups: [team, older, younger],
      assigned: [team.id, older.id, younger.id],
    }),
  });
  const local = cloud.databricks.store.add({ type: 'Users', userName: 'local@partner.example' });
  cloud.databricks.store.add({ type: 'Groups', displayName: 'Team', members: [local.id] });
  // As from a settings file: it is only that such a file may not name this machine.
  values = {
    ...cloud.settings,
    DATABRICKS_GET_PER_SECOND: '1000',
    DATABRICKS_LIST_PER_SECOND: '1000',
    DATABRICKS_WRITE_PER_SECOND: '1000',
    DATABRICKS_PATCH_PER_SECOND: '1000',
  };
  session = await startConfiguredSession({
    values,
    screen,
    onFailure: error => {
      throw error;
    },
  });
  target = session.app.targets[0]?.id ?? '';
});

afterAll(async () => {
  await session?.close();
  await cloud?.close();
});

test('an account with a name that would be taken over waits in plan-only, with nothing written', async () => {
  expect(session.notificationUrl).toBeUndefined();
  expect(await initialCycle(session, screen, signal)).toBe(false);
  const [plan] = await summarizePlan(session.app);
  expect(plan).toMatchObject({
    target,
    planOnly: true,
    counts: { create: 4, 'propose-adoption': 1, 'name-in-use': 1 },
  });
  expect(writes()).toBe(0);
  expect((await compareAll(session.app, session.deadLetters)).converged).toBe(false);
});

test('a plan names the limits of the target that it would exceed, or come near to', async () => {
  const resourceLimits = { ...RESOURCE_LIMITS, accounts: 4, groups: 1 };
  const targets = session.app.targets.map(each => ({ ...each, resourceLimits }));
  const plans = await summarizePlan({ ...session.app, targets });
  expect(plans[0]).toHaveProperty('limits', {
    exceeded: [{ limit: 'groups', used: 2, most: 1, principals: [] }],
    near: [{ limit: 'accounts', used: 4, most: 4, principals: [] }],
  });
  expect(plans.flatMap(plan => planLines(plan, nameless))).toEqual(
    expect.arrayContaining(['  over the limit: groups 2 of 1', '  near the limit: accounts 4 of 4']),
  );
});

test('the plan is shown and approved, once, and then carried out', async () => {
  const [plan] = await summarizePlan(session.app);
  expect(plan && planLines(plan, nameless)).toEqual(
    expect.arrayContaining([`${target}: plan-only: 6 differences`, expect.stringMatching(/^ {2}create +4$/)]),
  );
  const shown = { seen: false, by: 'ada' };
  expect((await approvePlan({ ...session.app, targets: [] }, shown)).released).toEqual([]);
  expect(await approvePlan(session.app, shown)).toEqual({ plans: [plan], released: [target], refused: [] });
  expect(await approvePlan(session.app, shown)).toEqual({ plans: [], released: [], refused: [] });
  expect(await settled(session, 20_000, signal)).toBe(true);
  expect(await readStatus(session.app)).toMatchObject([
    {
      target,
      users: 3,
      groups: 1,
      memberships: 1,
      held: 2,
      failed: 0,
      planOnly: false,
      quarantine: undefined,
    },
  ]);
});

test('what is held does not keep it from being converged, and is counted', async () => {
  const comparison = await compareAll(session.app, session.deadLetters);
  expect(comparison).toEqual({ converged: true, differences: [], held: 2, deadLetters: [] });
});

test('a difference that nobody is asked about keeps it from being converged', async () => {
  const twins = cloud.databricks.store.group('Twins');
  cloud.databricks.store.change('Groups', twins?.id ?? '', { members: new Set() });
  const { converged, differences } = await compareAll(session.app, session.deadLetters);
  expect(converged).toBe(false);
  expect(differences).toMatchObject([
    { target, principal: { kind: 'group', id: older.id }, action: 'members', detail: [people[0]?.id] },
  ]);
  cloud.databricks.store.change('Groups', twins?.id ?? '', { members: twins?.members });
});

test('a hold that no approval can help says what can', async () => {
  const [hold] = (await listHolds(session.app)).filter(({ kind }) => kind === 'name-in-use');
  expect(hold).toMatchObject({ target, principal: `group:${younger.id}`, canBeApproved: false });
  await expect(approveHold(session.app, hold?.id ?? '', 'ada')).rejects.toThrow(HoldNotApprovable);
  await expect(approveHold(session.app, hold?.id ?? '', 'ada')).rejects.toThrow(
    'rename one of the two groups',
  );
  await expect(approveHold(session.app, `${target}/group:nobody/large-shrink/m`, 'ada')).rejects.toThrow(
    HoldNotFound,
  );
});

test('an approved adoption is made by the owner of the target, and keeps the foreign member', async () => {
  const hold = (await listHolds(session.app)).find(({ kind }) => kind === 'proposed-adoption');
  const id = hold?.id ?? '';
  expect(hold).toMatchObject({ target, principal: `group:${team.id}`, canBeApproved: true });
  const before = writes();
  await approveHold(session.app, id, 'ada');
  await until(async () => (await readStatus(session.app))[0]?.groups === 2);
  await settled(session, 20_000, signal);
  const members = cloud.databricks.store.group('Team')?.members ?? new Set();
  expect(members.size).toBe(4);
  expect(writes()).toBeGreaterThan(before);
  const { converged, held } = await compareAll(session.app, session.deadLetters);
  expect({ converged, held }).toEqual({ converged: true, held: 1 });
});

test('every write shows up once among the live changes', async () => {
  const changes = new LiveChanges(session.app, startedAt);
  const shown = await changes.next();
  expect(shown.filter(({ action }) => action === 'create-user').map(({ name }) => name)).toEqual(
    expect.arrayContaining(people.map(({ userPrincipalName }) => userPrincipalName)),
  );
  expect(shown.every(({ afterMs }) => afterMs >= 0)).toBe(true);
  expect(await changes.next()).toEqual([]);
});

test('a cycle that is asked for runs at the next tick, with the audit that was asked for', async () => {
  await requestCycle(session.app, { audit: 'on demand' });
  const { state } = session.app;
  expect((await state.targets.readCycle()).requested).toBe(true);
  const before = (await state.targets.read(target)).lastAuditAt ?? 0;
  expect((await state.targets.read(target)).auditDue).toContain('on demand');
  await session.fire('reconcile');
  await until(async () => ((await state.targets.read(target)).lastAuditAt ?? 0) > before);
  expect((await state.targets.readCycle()).requested).toBe(false);
});

test('a dead letter keeps it from being converged, and says why it is one', async () => {
  await using client = disposable(new ServiceBusClient(cloud.broker.connectionString));
  await client.value.createSender('identity-changes').sendMessages({ body: { nonsense: true } });
  await until(async () => (await session.deadLetters()).length > 0);
  const { converged, deadLetters } = await compareAll(session.app, session.deadLetters);
  expect(converged).toBe(false);
  expect(deadLetters).toMatchObject([{ reason: 'InvalidMessage', count: 1 }]);
  expect(await session.deadLetters()).toHaveLength(1);
});

function writes(): number {
  return cloud.databricks.log.filter(({ method }) => method !== 'GET').length;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

function disposable<T extends { close(): Promise<void> }>(value: T): AsyncDisposable & { value: T } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
