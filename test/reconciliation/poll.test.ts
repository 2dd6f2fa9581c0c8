import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { SourceUnavailable } from '../../src/directory/errors.ts';
import { startBroker } from '../../src/local/service-bus/broker.ts';
import { ChangeQueue } from '../../src/messaging/change-queue.ts';
import { readAppRoles } from '../../src/provisioning/entitlement.ts';
import { SourceQuarantine } from '../../src/provisioning/source-quarantine.ts';
import { AssignmentPass } from '../../src/reconciliation/assignment-pass.ts';
import { NotificationWatch } from '../../src/reconciliation/notification-watch.ts';
import { Poll } from '../../src/reconciliation/poll.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { startPair } from '../directory/graph.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { targetOf } from '../provisioning/targets.ts';
import { bearer } from '../scim/bearer.ts';
import { useStorage } from '../state/storage.ts';

const storage = useStorage();
const [ada, bob] = [user('ada'), user('bob')];
const team = group('team', [ada.id]);

// One after the other: the cursors and assignments of the source are one for all targets.
test('a feed that is refused keeps neither the others nor what waits from being worked on', async () => {
  const { state } = storage;
  const { pair, queued, poll, one, two } = await polled();
  await poll.run();
  for (const id of [one, two]) await state.targets.update(id, before => ({ ...before, indexed: true }));
  await poll.run();
  await state.backlog.put(
    {
      target: one,
      principal: { kind: 'user', id: bob.id },
      cause: 'poll',
      notBefore: 1,
      heardAt: 1,
      correlationId: 'waits',
    },
    'bulk',
  );
  pair.local.store.removeMember(team.id, ada.id);
  pair.local.faults.fail.push({ path: /servicePrincipals\/.*delta/i, status: 400, times: 100 });
  const before = queued();
  await expect(poll.run()).rejects.toThrow();
  const rows = await state.backlog.head(two, { dueBy: Number.MAX_SAFE_INTEGER, limit: 100 });
  expect(rows.map(({ value }) => value.principal)).toContainEqual({ kind: 'group', id: team.id });
  expect(queued()).toBeGreaterThan(before);
});

test('what begins while one target has its first audit reaches the others at once, and that one by another audit', async () => {
  const { state } = storage;
  const { pair, queued, poll, one, two } = await polled();
  await poll.run();
  await state.targets.update(one, before => ({ ...before, indexed: true, auditDue: undefined }));
  // Running: it has read the assignments, and what it answers is the reason that it was asked for.
  await state.targets.update(two, before => ({ ...before, auditDue: 'first run' }));
  await poll.run();
  expect(queued()).toBeGreaterThan(0);
  expect((await state.targets.read(two)).auditDue).not.toBe('first run');

  const { auditDue } = await state.targets.read(two);
  await poll.run();
  expect((await state.targets.read(two)).auditDue).toBe(auditDue);
  expect((await state.targets.read(one)).auditDue).toBeUndefined();
  pair.local.store.unassign(pair.local.store.truth.assignmentsOf(team.id)[0]?.id ?? '');
});

test('that the application is not found does not say that nobody has a role', async () => {
  await using pair = await startPair(tenant({ users: [ada], assigned: [] }));
  const source = { directory: pair.graph, applicationObjectId: APPLICATION };
  await expect(readAppRoles(source)).resolves.toBeInstanceOf(Map);
  await expect(readAppRoles({ ...source, applicationObjectId: randomUUID() })).rejects.toThrow(
    SourceUnavailable,
  );
});

/** A poll for two targets that nobody listens for. */
async function polled() {
  const { state } = storage;
  const pair = await startPair(tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }));
  const broker = await startBroker({ queues: [{ name: 'identity-changes' }] });
  const client = new ServiceBusClient(broker.connectionString);
  const queue = new ChangeQueue(client, { settleWindowMs: 2_000 });
  await queue.open();
  onTestFinished(async () => {
    await queue.close();
    await client.close();
    await broker.close();
    await pair[Symbol.asyncDispose]();
    for (const feed of ['user', 'group', 'servicePrincipal'] as const) {
      const cursor = await state.cursors.read(feed);
      if (cursor !== undefined)
        await state.cursors.restart(feed, { ...cursor.value, select: 'another test' });
    }
  });
  const [one, two] = [`account-${randomUUID()}`, `account-${randomUUID()}`];
  const scim = new ScimClient({
    baseUrl: 'http://127.0.0.1:9/scim/v2',
    authorization: bearer('none'),
    allowInsecureConnection: true,
  });
  const source = { state, directory: pair.graph, applicationObjectId: APPLICATION };
  const log = recordedLog();
  const poll = new Poll({
    state,
    directory: pair.graph,
    queue,
    assignments: new AssignmentPass({ ...source, log }),
    targets: [one, two].map(id => targetOf({ id, scim })),
    source: new SourceQuarantine({ ...source, log }),
    notifications: new NotificationWatch({ states: state.subscriptions, silenceMs: undefined }),
    log,
  });
  const queued = () => {
    const { active, scheduled } = broker.counts('identity-changes');
    return active + scheduled;
  };
  return { pair, poll, queued, one, two };
}
