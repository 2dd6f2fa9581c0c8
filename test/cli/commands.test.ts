import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { NotThere } from '../../src/cli/command.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import type { LocalCloud } from '../../src/local/cloud.ts';
import type { State } from '../../src/state/state.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { bury } from '../operations/dead-letter-bench.ts';
import { useCloud } from './cloud.ts';

// No worker runs: a command asks, and what it asks for can be seen in the state and on the queue.
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

describe('connection', () => {
  test('is good when everything answers', async () => {
    const { json, isGood, text } = await ops(['connection']);
    expect(text).not.toContain('PROBLEM');
    expect(isGood).toBe(true);
    const to = new Set((json as { to: string }[]).map(check => check.to));
    expect(to).toEqual(new Set(['storage', 'service bus', 'graph', target]));
    expect(cloud.databricks.log.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('names what is wrong, and tells of the rest all the same', async () => {
    const { isGood, text } = await ops(['connection'], { DATABRICKS_SCIM_TOKEN: 'expired' });
    expect(isGood).toBe(false);
    expect(text).toMatch(new RegExp(`^PROBLEM  ${target}: read users: ScimError: SCIM GET .*: 401`, 'm'));
    expect(text).toMatch(/^ok {7}graph: read users$/m);
    expect(text).not.toContain('expired');
  });
});

test('status tells of each target, of who fails, and of dead letters', async () => {
  await state.targets.update(target, known => ({
    ...known,
    planOnly: true,
    quarantine: { reason: 'SCIM GET Users: 401', since: 1_000, probeAt: 2_000, probes: 0 },
  }));
  const failure = {
    code: 'TargetRefused400',
    message: 'SCIM POST Users: 400',
    attempts: 2,
    correlationId: 'c',
  };
  await state.targets.writeFailure(target, `user:${ada.id}`, {
    ...failure,
    failedAt: 1,
    nextTryAt: 3_600_000,
  });
  await bury(cloud.broker.connectionString, [{ principal: { kind: 'user', id: ada.id }, target }]);
  const closed = { cause: '403', reason: 'Graph answered 403', since: 2_000, probeAt: 3_000, probes: 0 };
  await state.source.update(() => ({ quarantine: closed }));
  const { json, text } = await ops(['status']);
  await state.source.update(() => ({}));
  expect(text).toContain('nothing is concluded from Entra ID since 1970-01-01T00:00:02Z: Graph answered 403');
  expect(json).toMatchObject({
    source: { quarantine: closed },
    targets: [{ target, users: 0, held: 0, failed: 1, planOnly: true }],
    failing: [{ target, principal: `user:${ada.id}`, code: 'TargetRefused400', attempts: 2 }],
    deadLetters: [{ reason: 'TargetRefused400', count: 1 }],
  });
  expect(text).toContain('since 1970-01-01T00:00:01Z: SCIM GET Users: 401');
  expect(text).toContain(
    `user:${ada.id} "ada@contoso.com"  TargetRefused400, 2 times, next try after 1970-01-01T01:00:00Z`,
  );
  expect(text).toContain('1 dead letter: TargetRefused400');
});

test('a target is enabled, and its plan approved, once', async () => {
  expect((await ops(['enable', target])).text).toContain('is written to again');
  expect((await state.targets.read(target)).quarantine).toBeUndefined();
  expect((await ops(['enable', target])).json).toEqual({ target, enabled: false });
  const approved = await ops(['plan', 'approve', '--target', target]);
  expect(approved.json).toMatchObject({ plans: [{ target, counts: { create: 2 } }], released: [target] });
  expect(approved.text).toMatch(new RegExp(`create user:${ada.id}[^]*^approved: ${target}$`, 'm'));
  expect((await ops(['plan', 'approve'])).json).toEqual({ plans: [], released: [], refused: [] });
});

test('a plan that cannot be shown is approved by nobody but who says that he has seen it', async () => {
  await state.targets.update(target, known => ({ ...known, planOnly: true }));
  const { json, isGood, text } = await ops(['plan', 'approve'], { DATABRICKS_SCIM_TOKEN: 'expired' });
  expect(isGood).toBe(false);
  expect(json).toMatchObject({ plans: [{ target }], released: [], refused: [target] });
  expect(text).toContain(`not approved, since nothing could be shown: ${target}`);
  expect((await state.targets.read(target)).planOnly).toBe(true);
  const seen = await ops(['plan', 'approve', '--force'], { DATABRICKS_SCIM_TOKEN: 'expired' });
  expect(seen.json).toEqual({ plans: [], released: [target], refused: [] });
  expect((await ops(['log'])).text).toMatch(/approve-plan - seen elsewhere, by \S+ {2}in account-/);
  expect((await state.targets.read(target)).planOnly).toBe(false);
});

test('a plan is shown, and nothing is written', async () => {
  const { json, text } = await ops(['plan']);
  expect(json).toMatchObject([{ target, counts: { create: 2 } }]);
  expect(text).toContain(`create user:${ada.id}`);
  expect(cloud.databricks.log.every(({ method }) => method === 'GET')).toBe(true);
});

test('a cycle, or an audit of one target, is asked for', async () => {
  await ops(['cycle']);
  expect((await state.targets.readCycle()).requested).toBe(true);
  await ops(['audit', target]);
  expect((await state.targets.read(target)).auditDue).toContain('asked for by a person');
  for (const words of [['audit'], ['enable']])
    await expect(ops([...words, 'nobody'])).rejects.toThrow(NotThere);
  for (const words of [['plan'], ['plan', 'approve'], ['holds', 'list']])
    await expect(ops([...words, '--target', 'nobody'])).rejects.toThrow('no target is called nobody');
});

test('holds are listed, approved and rejected', async () => {
  const kind = 'proposed-adoption' as const;
  const principal = { kind: 'group' as const, id: team.id };
  await state.holds.hold(
    target,
    { kind, principal, ids: ['11'], cause: 'a group of that name is there' },
    1_000,
  );
  const listed = await ops(['holds']);
  const [{ id = '' } = {}] = listed.json as { id?: string }[];
  expect(listed.json).toMatchObject([
    { id: expect.stringContaining(`${target}/group:${team.id}/${kind}/`), ids: ['11'] },
  ]);
  // As it is copied into a shell.
  expect(id).toMatch(/^[\w/:-]+$/);
  expect(listed.text).toContain('approve it to take the resource over');
  expect((await ops(['holds', 'reject', id])).text).toContain('rejected');
  expect((await ops(['holds', 'approve', id])).text).toContain('approved');
  expect(await state.holds.approvedIds(target, principal, kind)).toEqual(new Set(['11']));
  expect((await ops(['holds', 'list'])).text).toMatch(/decided +approved .* by /);
  const other = await ops(['holds', 'approve', `${id.slice(0, -1)}!`]);
  expect([other.isGood, other.text]).toEqual([false, expect.stringContaining('has changed since')]);
  for (const nothing of [
    `${target}/group:none/${kind}/m`,
    `${target}/no such'key/a|b\\c#/m`,
    `${target}/`,
    `${target}/${team.id}/${kind}`,
    'nonsense',
  ])
    await expect(ops(['holds', 'approve', nothing]), nothing).rejects.toThrow(NotThere);
});

test('holds are listed by kind, and several are decided about at once', async () => {
  const people = [user('bob'), user('cyd'), user('dan')];
  const kinds = ['proposed-adoption', 'proposed-adoption', 'missing-values'] as const;
  for (const [index, { id }] of people.entries())
    await state.holds.hold(
      target,
      {
        kind: kinds[index] ?? 'missing-values',
        principal: { kind: 'user', id },
        ids: [`1${index}`],
        cause: 'c',
      },
      1_000,
    );
  const listed = async (kind: string): Promise<string[]> => {
    const { json } = await ops(['holds', 'list', '--kind', kind]);
    return (json as { id: string }[]).map(({ id }) => id);
  };
  const [notApprovable = ''] = await listed('missing-values');
  const adoptions = (await listed('proposed-adoption')).filter(id =>
    people.some(person => id.includes(person.id)),
  );
  expect(adoptions).toHaveLength(2);
  await expect(ops(['holds', 'list', '--kind', 'adoption'])).rejects.toThrow(UsageError);

  const { json, text, isGood } = await ops(['holds', 'approve', notApprovable, ...adoptions, 'nonsense']);
  expect(isGood).toBe(false);
  expect(json).toMatchObject({
    holds: adoptions.map(id => ({ id, approvedAt: expect.any(Number) })),
    undecided: [{ id: notApprovable }, { id: 'nonsense', why: 'no hold has the id nonsense' }],
  });
  expect(text).toContain(
    `not decided ${notApprovable}: a hold of the kind missing-values cannot be approved`,
  );
  const { isGood: rejected } = await ops(['holds', 'reject', ...adoptions]);
  expect(rejected).not.toBe(false);
  expect((await ops(['holds'])).text.match(/decided +rejected/g)).toHaveLength(2);
});

test('what was decided before trouble with storage is told, and what was not', async () => {
  const people = [user('kim'), user('lea'), user('max')];
  const request = { kind: 'proposed-adoption', cause: 'c' } as const;
  for (const { id } of people)
    await state.holds.hold(target, { ...request, ids: ['1'], principal: { kind: 'user', id } }, 1_000);
  const { json } = await ops(['holds']);
  const ids = people.map(
    person => (json as { id: string }[]).find(({ id }) => id.includes(person.id))?.id ?? '',
  );
  const { storage } = bench.opened();
  const refused = { kind: 'fail', status: 403, code: 'AuthorizationFailure' } as const;
  const rule = {
    service: 'table',
    method: 'PUT',
    path: new RegExp(people[1]?.id ?? ''),
    action: refused,
  } as const;
  storage.rules.push(rule);
  const { text, isGood } = await ops(['holds', 'reject', ...ids]);
  await expect(ops(['holds', 'reject', ids[1] ?? '', ids[2] ?? ''])).rejects.toThrow('AuthorizationFailure');
  storage.rules.splice(storage.rules.indexOf(rule), 1);
  expect(isGood).toBe(false);
  const [first, second, third] = text.split('\n');
  expect(first).toMatch(`rejected ${ids[0]}`);
  expect(second).toMatch(new RegExp(`^not decided ${ids[1]}: .*AuthorizationFailure`));
  expect(third).toBe(`not decided ${ids[2]}: not tried after that`);
  const rejected = await Promise.all(
    people.map(({ id }) => state.holds.get(target, `user:${id}|proposed-adoption`)),
  );
  expect(rejected.map(hold => hold?.rejectedAt !== undefined)).toEqual([true, false, false]);
});

test('the log tells what was written, of whom it is asked about and since when', async () => {
  const at = Date.now();
  const kinds = { update: { kind: 'user', id: ada.id }, members: { kind: 'group', id: team.id } } as const;
  const written = (action: keyof typeof kinds, hoursAgo: number, where = target) =>
    state.log.append({
      at: at - hoursAgo * 3_600_000,
      heardAt: at - hoursAgo * 3_600_000 - 1_500,
      target: where,
      principal: kinds[action],
      action,
      detail: action === 'members' ? '+1 -0' : 'displayName',
      cause: 'poll',
      correlationId: `${action} ${hoursAgo}`,
    });
  for (const hoursAgo of [30, 3, 1]) await written('update', hoursAgo);
  await written('members', 2);
  await written('update', 1, 'one that was forgotten');

  const asked = async (...args: string[]): Promise<string[]> => {
    const { json } = await ops(['log', ...args]);
    return (json as { correlationId: string }[]).map(({ correlationId }) => correlationId);
  };
  expect((await asked()).filter(id => !id.startsWith('plan-'))).toEqual([
    'update 3',
    'members 2',
    'update 1',
  ]);
  expect(await asked('--newer-than', '2d', `user:${ada.id}`)).toEqual(['update 30', 'update 3', 'update 1']);
  expect(await asked(ada.id.toUpperCase(), '--older-than', '2h')).toEqual(['update 3']);
  expect(await asked('--target', 'one that was forgotten')).toEqual(['update 1']);
  const { text } = await ops(['log', team.id, ada.id]);
  expect(text).toContain(
    `members group:${team.id} "Team" +1 -0  in ${target}  by poll, 1.5 s after it was heard of  members 2`,
  );
  expect(text).toContain('3 entries');
  expect((await ops(['log', `group:${ada.id}`])).text).toBe('nothing was written or decided');
  await expect(ops(['log', 'user:'])).rejects.toThrow(UsageError);
});

describe('dead letters', () => {
  test('are listed, shown, replayed and discarded', async () => {
    const listed = await ops(['dead-letters', 'list', '--principal', ada.id]);
    expect(listed.text).toContain(`TargetRefused400  user:${ada.id} "ada@contoso.com"  ${target}`);
    const [letter] = (listed.json as { letters: { sequenceNumber: string }[] }).letters;
    const number = letter?.sequenceNumber ?? '';
    expect((await ops(['dead-letters', 'show', number])).text).toMatch(/^description +SCIM PATCH/m);
    expect((await ops(['dead-letters', 'list', '--newer-than', '0s'])).text).toBe('no dead letters');
    expect((await ops(['dead-letters', 'replay', number])).json).toEqual({ replayed: 1, missed: [] });
    expect(cloud.broker.counts('identity-changes')).toMatchObject({ deadLettered: 0 });

    await bury(cloud.broker.connectionString, [{ raw: { body: 'x' }, reason: 'InvalidMessage' }]);
    const discard = ['dead-letters', 'discard', '--reason', 'InvalidMessage', '--why', 'a test message'];
    expect((await ops(discard)).json).toEqual({ discarded: 1, missed: [] });
    await expect(ops(discard)).rejects.toThrow(NotThere);
  });

  test.each([
    [['replay'], 'which dead letters'],
    [['replay', '--all', '7'], '--all goes with neither'],
    [['replay', '--all', '--reason', 'x'], '--all goes with neither'],
    [['replay', 'seven'], 'seven is no number'],
    [['replay', '--all', '--rate', '1000'], '--rate takes'],
    [['replay', '--older-than', 'long'], '--older-than takes'],
    [['discard', '--all'], 'needs --why'],
    [['discard', '--all', '--why', ' '], 'needs --why'],
  ])('%j is refused, with nothing done', async (args, message) => {
    await expect(ops(['dead-letters', ...args])).rejects.toThrow(UsageError);
    await expect(ops(['dead-letters', ...args])).rejects.toThrow(message);
  });

  test('that are not there are said not to be', async () => {
    await expect(ops(['dead-letters', 'show', '99999'])).rejects.toThrow(
      'no dead letter has the number 99999',
    );
    await expect(ops(['dead-letters', 'replay', '--all'])).rejects.toThrow(NotThere);
  });

  test('are replayed at the rate of the setting', async () => {
    await bury(
      cloud.broker.connectionString,
      Array.from({ length: 3 }, () => ({ principal: { kind: 'user' as const, id: randomUUID() }, target })),
    );
    const begin = performance.now();
    await ops(['dead-letters', 'replay', '--all'], { REPLAYS_PER_SECOND: '1' });
    expect(performance.now() - begin).toBeGreaterThan(1_950);
  });
});

test('a storage account in which the app never ran is named as such', async () => {
  const server = await takeStorage();
  const unused = server.account(server.accountName).connectionString;
  const asked = ops(['holds', 'list'], { AzureWebJobsStorage: unused });
  await expect(asked).rejects.toThrow(NotThere);
  await expect(asked).rejects.toThrow('holds no state of the app');
});
