import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { beforeAll, describe, expect, test } from 'vitest';
import { NotThere } from '../../src/cli/command.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import type { LocalCloud } from '../../src/local/cloud.ts';
import { QUEUE_NAME } from '../../src/messaging/change-queue.ts';
import { messageBody } from '../../src/messaging/message.ts';
import { NotErasable } from '../../src/operations/erase-person.ts';
import { TargetInUse } from '../../src/operations/forget-target.ts';
import type { State } from '../../src/state/state.ts';
import { storedData } from '../harness/kept-data.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { useCloud } from './cloud.ts';

const ada = user('ada');
const team = group('Team', [ada.id]);
const bench = useCloud(tenant({ users: [ada], groups: [team], assigned: [team.id] }));
const { ops } = bench;
let cloud: LocalCloud;
let state: State;
let target: string;
beforeAll(() => {
  ({ cloud, state, target } = bench.opened());
});

describe('look', () => {
  async function lookedAt(correlationId: string) {
    const client = new ServiceBusClient(cloud.broker.connectionString);
    const waiting = await client.createReceiver(QUEUE_NAME).peekMessages(100);
    await client.close();
    return waiting.filter(message => message.correlationId === correlationId);
  }

  test('puts one change of its own on the queue for each target, however often it is asked for', async () => {
    const asked = [await ops(['look', ada.id]), await ops(['look', `user:${ada.id.toUpperCase()}`])];
    const ids = asked.map(({ json }) => (json as { correlationId: string }).correlationId);
    expect(new Set(ids).size).toBe(2);
    for (const [index, id] of ids.entries()) {
      const [message, ...others] = await lookedAt(id);
      expect(others).toEqual([]);
      expect(message?.body.obligation).toMatchObject({
        type: 'look',
        target,
        principal: { kind: 'user', id: ada.id },
        cause: 'on-demand',
        correlationId: id,
      });
      expect(messageBody.safeParse(message?.body).success).toBe(true);
      expect(asked[index]?.text).toContain(`correlationId=${id}`);
    }
  });

  test('finds out of what kind it is, in Entra ID or among the links', async () => {
    const principal = async (typed: string) =>
      ((await ops(['look', typed, '--target', target])).json as { principal: string }).principal;
    expect(await principal(team.id)).toBe(`group:${team.id}`);
    expect(await principal(APPLICATION)).toBe(`servicePrincipal:${APPLICATION}`);
    const gone = { kind: 'group', id: randomUUID() } as const;
    await expect(principal(gone.id)).rejects.toThrow(NotThere);
    expect(await principal(`group:${gone.id}`)).toBe(`group:${gone.id}`);
    await state.links.add(target, {
      principal: gone,
      status: 'linked',
      scimId: '77',
      name: 'g',
      written: {},
    });
    expect(await principal(gone.id)).toBe(`group:${gone.id}`);
  });

  test.each([
    ['a/b', 'is no principal'],
    ['person:1', 'is no principal'],
    ['user:', 'is no principal'],
  ])('%s is refused', async (typed, message) => {
    await expect(ops(['look', typed])).rejects.toThrow(UsageError);
    await expect(ops(['look', typed])).rejects.toThrow(message);
  });
});

test('what is stored of a target goes once it is neither configured nor written to, and only then', async () => {
  await expect(ops(['forget-target', target])).rejects.toThrow(TargetInUse);
  const former = `account-${randomUUID()}`;
  await expect(ops(['forget-target', former])).rejects.toThrow(NotThere);
  const link = { status: 'linked', scimId: '9', name: 'ada', written: {} } as const;
  await state.links.add(former, { ...link, principal: { kind: 'user', id: ada.id } });
  const written = await state.leases.acquire(former, 'an instance', 60_000);
  if (written === undefined) throw new Error('somebody else has the lease');
  await expect(ops(['forget-target', former])).rejects.toThrow(`still writes to ${former}`);
  expect(await state.links.get(former, { kind: 'user', id: ada.id })).toBeDefined();
  await state.leases.release(former, written);
  // One that died on its way keeps nobody from going on.
  await state.leases.acquire(former, 'forget-target', 60_000);
  expect((await ops(['forget-target', former])).json).toEqual({
    target: former,
    removed: { ProvisioningLinks: 3 },
  });
  await expect(ops(['forget-target', former])).rejects.toThrow(NotThere);
});

test('only a person is erased, and nobody who is in scope', async () => {
  await expect(ops(['erase', `group:${team.id}`])).rejects.toThrow(UsageError);
  await expect(ops(['erase', ada.id, '--force'])).rejects.toThrow(NotErasable);
  await expect(ops(['erase', ada.id, '--force'])).rejects.toThrow(`user:${ada.id} is in scope of ${target}`);
  const closed = { cause: '403', reason: 'Graph answered 403', since: 1, probeAt: 1, probes: 0 };
  await state.source.update(() => ({ quarantine: closed }));
  await expect(ops(['erase', randomUUID(), '--force'])).rejects.toThrow(
    'nothing can be concluded from Entra ID now (Graph answered 403)',
  );
  await state.source.update(() => ({}));
  const { json, text } = await ops(['erase', randomUUID()]);
  expect(json).toMatchObject({ removed: {}, accounts: [], inEntra: 'gone' });
  expect(text).toContain('nothing was stored about');
});

test('with --force a person is erased who has an account, from every place that holds him', async () => {
  const [eve, other] = [randomUUID(), randomUUID()];
  const person = { kind: 'user', id: eve } as const;
  const written = { active: true, userName: 'eve@contoso.com' };
  const former = [{ scimId: '41', name: 'old', active: false, written: {} }];
  const intent = { attributes: { active: false }, at: 1, epoch: 1 };
  const link = {
    principal: person,
    status: 'linked',
    scimId: '42',
    name: 'eve',
    written,
    former,
    intent,
  } as const;
  await state.links.add(target, link);
  const crew = { kind: 'group', id: other } as const;
  await state.links.add(target, { ...link, principal: crew, scimId: '43', name: 'crew', intent: undefined });
  const stored = await state.records.read(target, '43');
  await state.records.write(target, '43', stored, {
    members: { [eve]: '42', [ada.id]: '44' },
    intent: { add: { [eve]: '42' }, remove: { [eve]: '42' }, at: 1, epoch: 1 },
    uncertain: [eve, ada.id],
    kinds: { [eve]: 'user' },
    nested: [],
    removed: { [eve]: 1 },
    grantSeen: { [eve]: 1 },
  });
  await state.memberIndex.addMembers(target, other, [eve]);
  await state.memberIndex.addAsleep(target, other, [eve]);
  await state.memberIndex.addPending(target, other, [eve]);
  for (const rowClass of ['revoke', 'attribute'] as const) {
    const change = {
      target,
      principal: person,
      cause: 'poll',
      notBefore: 9e15,
      heardAt: 1,
      correlationId: 'c',
    } as const;
    await state.backlog.put(change, rowClass);
  }
  await state.holds.hold(target, { kind: 'removal-limit', principal: person, ids: [], cause: 'c' }, 1);
  await state.holds.hold(
    target,
    { kind: 'large-shrink', principal: crew, ids: [eve, ada.id], cause: 'c' },
    1,
  );
  const failure = {
    code: 'X',
    message: `of ${eve}`,
    attempts: 1,
    failedAt: 1,
    nextTryAt: 1,
    correlationId: 'c',
  };
  for (const failed of [person, crew])
    await state.targets.writeFailure(target, `${failed.kind}:${failed.id}`, failure);
  await state.graces.put(target, person, 1);
  await state.removals.note(person, 1);
  const ended = { id: 'a', principal: person, phase: 'ended' } as const;
  await state.assignments.put(ended);
  const keptAbout = async () =>
    (await storedData(cloud.settings.AzureWebJobsStorage ?? '')).filter(({ text }) => text.includes(eve));

  const before = await keptAbout();
  await expect(ops(['erase', eve])).rejects.toThrow(
    /under way.*\(SCIM id 42\) is active.*wrote him into a group.*--force/,
  );
  expect(await keptAbout()).toEqual(before);
  expect((await ops(['erase', eve, '--force'])).json).toMatchObject({
    removed: {
      [target]: {
        memberships: 1,
        'index rows': 2,
        'backlog rows': 2,
        holds: 1,
        failures: 1,
        'rows about others': 2,
        links: 1,
      },
      source: { assignments: 1, deletions: 1 },
    },
    accounts: [
      { target, scimId: '42' },
      { target, scimId: '41' },
    ],
  });
  expect(await keptAbout()).toEqual([]);
  expect((await state.records.read(target, '43')).value).toMatchObject({
    members: { [ada.id]: '44' },
    uncertain: [ada.id],
  });
  // The group is looked at again: what is still held, or fails, is stored anew.
  const rows = await state.backlog.head(target, { dueBy: Date.now(), limit: 9 });
  expect(rows.map(({ value }) => value.principal)).toEqual([crew]);
  expect((await ops(['erase', eve])).json).toMatchObject({ removed: {}, accounts: [] });
});
