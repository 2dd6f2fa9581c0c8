import { describe, expect, test } from 'vitest';
import { ProvisioningLog } from '../../src/state/provisioning-log.ts';
import { all, changeOf, useStorage } from './storage.ts';

const storage = useStorage();
const HOUR = 3_600_000;

const entry = (target: string, at: number, action = 'update') => ({
  ...changeOf('user', 'u'),
  target,
  at,
  action,
  detail: '',
});

describe('what is known about a target', () => {
  test('starts with nothing that would let it be written to', async () => {
    expect(await storage.state.targets.read('new')).toEqual({ indexed: false, planOnly: false });
  });

  test('loses no change when several are made at the same moment', async () => {
    const { targets } = storage.state;
    await Promise.all(
      Array.from({ length: 8 }, () =>
        targets.update('busy', state => ({
          ...state,
          indexed: true,
          lastAuditAt: (state.lastAuditAt ?? 0) + 1,
        })),
      ),
    );
    expect(await targets.read('busy')).toEqual({ indexed: true, planOnly: false, lastAuditAt: 8 });
  });

  test('names the failures that are due', async () => {
    const { targets } = storage.state;
    const failure = { code: 'X', message: 'm', attempts: 1, failedAt: 0, correlationId: 'c' };
    await targets.writeFailure('t', 'user:a', { ...failure, nextTryAt: 10 });
    await targets.writeFailure('t', 'user:b', { ...failure, nextTryAt: 20 });
    expect((await targets.failures('t', { dueBy: 10 })).map(({ key }) => key)).toEqual(['user:a']);
    expect((await targets.failures('t')).length).toBe(2);
    await targets.clearFailure('t', 'user:a');
    expect(await targets.readFailure('t', 'user:a')).toBeUndefined();
    expect((await targets.readFailure('t', 'user:b'))?.nextTryAt).toBe(20);
  });
});

describe('the provisioning log', () => {
  test('is read in order of time, over hours, both ends included', async () => {
    const { log } = storage.state;
    const times = [HOUR - 1, HOUR, 3 * HOUR, 3 * HOUR + 5, 4 * HOUR];
    for (const at of times.toReversed()) await log.append(entry('hours', at));
    await log.append(entry('hours2', HOUR));
    const read = async (since: number, until: number) =>
      (await all(log.read('hours', since, until))).map(({ at }) => at);
    expect(await read(0, 9 * HOUR)).toEqual(times);
    expect(await read(HOUR, 3 * HOUR)).toEqual([HOUR, 3 * HOUR]);
    expect(await read(HOUR + 1, 3 * HOUR - 1)).toEqual([]);
  });

  test('keeps entries of one moment in their order', async () => {
    const { log } = storage.state;
    for (const action of ['first', 'second', 'third']) await log.append(entry('moment', 1_000, action));
    expect((await all(log.read('moment', 0, HOUR))).map(({ action }) => action)).toEqual([
      'first',
      'second',
      'third',
    ]);
  });

  test('loses nothing when two instances write at one moment', async () => {
    const table = await storage.table('TwoLogs');
    const logs = [new ProvisioningLog(table), new ProvisioningLog(table)];
    await Promise.all(logs.map((log, index) => log.append(entry('two', 1_000, `of-${index}`))));
    expect(
      (await all(new ProvisioningLog(table).read('two', 0, HOUR))).map(({ action }) => action).sort(),
    ).toEqual(['of-0', 'of-1']);
  });
});

test.each(["o'brien's account", 'a b', '100% x', 'a%2fb', 'konto-ü-名', 'a+b&c=d(e)'])(
  'the target name %j works everywhere',
  async name => {
    const { backlog, leases, targets, holds, memberIndex, log } = storage.state;
    const change = changeOf('user', 'u', { target: name });
    await backlog.put(change, 'revoke');
    await backlog.put(change, 'revoke');
    const [row] = await backlog.head(name, { dueBy: 1, limit: 5 });
    expect(row && (await backlog.done(name, row))).toBe(true);
    const lease = await leases.acquire(name, 'me', 1_000);
    expect(lease && (await leases.renew(name, 'me', lease, 1_000))).toMatchObject({ epoch: 1 });
    await targets.update(name, state => ({ ...state, indexed: true }));
    await targets.update(name, state => ({ ...state, planOnly: true }));
    expect(await targets.read(name)).toEqual({ indexed: true, planOnly: true });
    await holds.hold(name, { kind: 'name-in-use', principal: change.principal, ids: [], cause: '' }, 1);
    await holds.withdraw(name, change.principal);
    expect(await holds.list(name)).toEqual([]);
    await memberIndex.addPending(name, 'g', ['u']);
    expect(await memberIndex.pendingOf(name, 'g')).toEqual(['u']);
    await log.append(entry(name, 1));
    expect((await all(log.read(name, 0, 2))).length).toBe(1);
  },
);
