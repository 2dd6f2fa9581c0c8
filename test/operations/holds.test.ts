import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import { startBroker } from '../../src/local/service-bus/broker.ts';
import { ChangeQueue } from '../../src/messaging/change-queue.ts';
import { approveHold, HoldNotFound, listHolds, rejectHold } from '../../src/operations/holds.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { HoldChanged } from '../../src/state/hold-decisions.ts';
import { targetOf } from '../provisioning/targets.ts';
import { bearer } from '../scim/bearer.ts';
import { useStorage } from '../state/storage.ts';

const storage = useStorage();
const ada: Principal = { kind: 'user', id: randomUUID() };

async function twoTargets() {
  const broker = await startBroker({ queues: [{ name: 'identity-changes' }] });
  const client = new ServiceBusClient(broker.connectionString);
  const queue = new ChangeQueue(client, { settleWindowMs: 2_000 });
  await queue.open();
  onTestFinished(async () => {
    await queue.close();
    await client.close();
    await broker.close();
  });
  // Nothing is asked of a target: nobody listens there.
  const scim = new ScimClient({
    baseUrl: 'http://127.0.0.1:9/scim/v2',
    authorization: bearer('none'),
    allowInsecureConnection: true,
  });
  const [one, two] = [randomUUID(), randomUUID()];
  const targets = [one, two].map(id => targetOf({ id, scim }));
  const context = { state: storage.state, queue, targets, approvals: 1 };
  return { one, two, context };
}

test('an approval, or a rejection, of what is held in one target says nothing about another', async () => {
  const { one, two, context } = await twoTargets();
  const { holds } = storage.state;
  const request = { kind: 'proposed-adoption', principal: ada, cause: 'a name that is there' } as const;
  await holds.hold(one, { ...request, ids: ['11'] }, 1);
  await holds.hold(two, { ...request, ids: ['77'] }, 1);
  const listed = await listHolds(context);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(2);

  const [inOne, inTwo] = [one, two].map(target => listed.find(hold => hold.target === target)?.id ?? '');
  await approveHold(context, inOne ?? '', 'ada');
  expect(await holds.approvedIds(one, ada, 'proposed-adoption')).toEqual(new Set(['11']));
  expect(await holds.approvedIds(two, ada, 'proposed-adoption')).toEqual(new Set());
  expect(await storage.state.backlog.hasRows(two)).toBe(false);

  await rejectHold(context, inTwo ?? '', 'ada');
  const [first, second] = [await holds.list(one), await holds.list(two)].map(([row]) => row?.value);
  expect([first?.rejectedAt, first?.approvedAt !== undefined]).toEqual([undefined, true]);
  expect([second?.rejectedAt !== undefined, second?.approvedAt]).toEqual([true, undefined]);
  await expect(approveHold(context, `user:${ada.id}/proposed-adoption`, 'ada')).rejects.toThrow(HoldNotFound);
});

test('where two people have to approve, nothing happens after the first one', async () => {
  const { one, context } = await twoTargets();
  const { holds, backlog } = storage.state;
  const request = { kind: 'proposed-adoption', principal: ada, cause: 'a name that is there' } as const;
  await holds.hold(one, { ...request, ids: ['11'] }, 1);
  const id = (await listHolds(context))[0]?.id ?? '';
  const byTwo = { ...context, approvals: 2 };
  for (let times = 0; times < 2; times += 1)
    expect(await approveHold(byTwo, id, 'ada')).toMatchObject({ approvedAt: undefined, approvedBy: ['ada'] });
  expect(await backlog.hasRows(one)).toBe(false);
  expect(await approveHold(byTwo, id, 'bob')).toMatchObject({ approvedBy: ['ada', 'bob'] });
  expect(await backlog.hasRows(one)).toBe(true);
});

test('who decided about a hold is in the log once the hold is gone, under the id of what followed', async () => {
  const { one, context } = await twoTargets();
  const { holds, log, backlog } = storage.state;
  const from = Date.now();
  const logged = async () =>
    (await Array.fromAsync(log.read(one, from, Date.now()))).map(
      ({ action, detail }) => `${action}: ${detail}`,
    );
  const request = { kind: 'large-shrink', principal: ada, cause: 'half of it' } as const;
  await holds.hold(one, { ...request, ids: ['11', '12'] }, Date.now());
  const id = (await listHolds(context))[0]?.id ?? '';
  await approveHold({ ...context, approvals: 2 }, id, 'ada');
  await approveHold({ ...context, approvals: 2 }, id, 'bob');
  expect(await logged()).toEqual([]);

  // The facts change, and with them what was approved.
  await holds.hold(one, { ...request, ids: ['12'] }, Date.now());
  await expect(rejectHold(context, id, 'cyd')).rejects.toThrow(HoldChanged);
  await rejectHold(context, (await listHolds(context))[0]?.id ?? '', 'cyd');
  await holds.withdraw(one, ada);
  // Nobody decided about this one.
  await holds.hold(one, { ...request, ids: ['13'] }, Date.now());
  await holds.withdraw(one, ada);
  expect(await logged()).toEqual([
    'approve-hold: large-shrink, ids 2, by ada, bob',
    'reject-hold: large-shrink, ids 1, by cyd',
  ]);
  const [row] = await backlog.head(one, { dueBy: Date.now(), limit: 1 });
  const [approval] = await Array.fromAsync(log.read(one, from, Date.now()));
  expect(approval?.correlationId).toBe(row?.value.correlationId);
});

test('what came to a hold after it was listed is not approved, or rejected, with it', async () => {
  const { one, context } = await twoTargets();
  const { holds, backlog } = storage.state;
  const request = { kind: 'large-shrink', principal: ada, cause: 'half of it' } as const;
  await holds.hold(one, { ...request, ids: ['11'] }, 1);
  const [seen] = await listHolds(context);
  await holds.hold(one, { ...request, ids: ['11', '12'] }, 2);
  for (const decide of [approveHold, rejectHold])
    await expect(decide(context, seen?.id ?? '', 'ada')).rejects.toThrow(HoldChanged);
  expect(await holds.approvedIds(one, ada, 'large-shrink')).toEqual(new Set());
  expect(await backlog.hasRows(one)).toBe(false);
  // Turned back to what he saw, it is his to decide.
  await holds.hold(one, { ...request, ids: ['11'] }, 3);
  await approveHold(context, seen?.id ?? '', 'ada');
  expect(await holds.approvedIds(one, ada, 'large-shrink')).toEqual(new Set(['11']));
});
