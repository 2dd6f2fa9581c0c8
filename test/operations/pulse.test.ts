import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatLog, type LogFields } from '../../src/identity/logger.ts';
import { type StorageProxy, startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { pulse } from '../../src/operations/pulse.ts';
import { openState, type State } from '../../src/state/state.ts';
import { takeStorage } from '../harness/shared-storage.ts';

const started = new AsyncDisposableStack();
let storage: StorageProxy;
let state: State;

beforeAll(async () => {
  const server = await takeStorage();
  started.defer(() => server.close());
  storage = await startStorageProxy(server, server.accountName);
  started.defer(() => storage.close());
  state = openState({ connectionString: storage.connectionString });
  await state.ensure();
});
afterAll(() => started.disposeAsync());

interface Line {
  readonly event: string;
  readonly fields: LogFields;
}

async function beat(...ids: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  const log = (event: string, fields: LogFields = {}): void => void lines.push({ event, fields });
  await pulse({ state, targets: ids.map(id => ({ id })), log: { info: log, warn: log, error: log } });
  return lines;
}

async function row(target: string, id: string, notBefore: number): Promise<void> {
  const change = { target, principal: { kind: 'user' as const, id }, cause: 'audit' as const };
  await state.backlog.put({ ...change, notBefore, heardAt: notBefore, correlationId: randomUUID() }, 'bulk');
}

test('a target where nothing waits says so', async () => {
  const target = `account-${randomUUID()}`;
  expect(await beat(target)).toEqual([
    {
      event: 'pulse',
      fields: expect.objectContaining({
        target,
        rows: 0,
        held: 0,
        failed: 0,
        quarantined: false,
        planOnly: false,
      }),
    },
  ]);
});

test('rows that are due, and the one that is next, which stays the same while nobody works', async () => {
  const target = `account-${randomUUID()}`;
  const [first = '', second = ''] = [randomUUID(), randomUUID()].sort();
  await row(target, first, Date.now() - 60_000);
  await row(target, second, Date.now() - 120_000);
  await row(target, randomUUID(), Date.now() + 3_600_000);
  const due = { rows: 2, head: `bulk:user:${first}` };
  expect((await beat(target))[0]?.fields).toMatchObject(due);
  expect((await beat(target))[0]?.fields).toMatchObject(due);
  const [taken] = await state.backlog.head(target, { dueBy: Date.now(), limit: 1 });
  if (taken === undefined) throw new Error('no row is due');
  await state.backlog.hide(target, taken, Date.now() + 60_000);
  expect((await beat(target))[0]?.fields).toMatchObject({ rows: 1, head: `bulk:user:${second}` });
});

test('open holds and the age of the oldest, and a quarantine', async () => {
  const target = `account-${randomUUID()}`;
  const at = Date.now() - 1_000_000;
  const hold = (id: string) => ({
    kind: 'large-shrink' as const,
    principal: { kind: 'group' as const, id },
    ids: [],
    cause: 'it lost many members',
  });
  const rejected = randomUUID();
  await state.holds.hold(target, hold(rejected), at - 5_000_000);
  await state.holds.hold(target, hold(randomUUID()), at);
  for (const { key, value } of await state.holds.list(target))
    if (value.principal.id === rejected) await state.holds.reject(target, key, { at: Date.now(), by: 'ada' });
  await state.targets.update(target, known => ({
    ...known,
    quarantine: { reason: 'refused', since: at, probeAt: Date.now() + 60_000, probes: 1 },
  }));
  const { heldForMs, quarantinedForMs, ...fields } = (await beat(target))[0]?.fields ?? {};
  expect(fields).toMatchObject({ held: 1, quarantined: true });
  expect(heldForMs).toBeGreaterThanOrEqual(1_000_000);
  expect(heldForMs).toBeLessThan(1_100_000);
  expect(quarantinedForMs).toBeGreaterThanOrEqual(1_000_000);
});

test('a target that cannot be told of hides no other one', async () => {
  const [lost, told] = [`account-${randomUUID()}`, `account-${randomUUID()}`];
  const path = new RegExp(lost);
  storage.rules.push({ path, action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' } });
  try {
    const lines = await beat(lost, told);
    expect(lines).toMatchObject([
      { event: 'pulse-missed', fields: { target: lost } },
      { event: 'pulse', fields: { target: told } },
    ]);
  } finally {
    storage.rules.length = 0;
  }
});

test('the alerts find in the line what they look for', async () => {
  const target = `account-${randomUUID()}`;
  await row(target, randomUUID(), Date.now() - 60_000);
  const request = { kind: 'large-shrink' as const, principal: { kind: 'group' as const, id: randomUUID() } };
  await state.holds.hold(target, { ...request, ids: [], cause: 'c' }, Date.now() - 1_000_000);
  const [line] = await beat(target);
  const text = formatLog(line?.event ?? '', line?.fields);
  for (const name of ['backlog-stalled', 'holds', 'quarantined']) {
    const query = readFileSync(new URL(`../../infra/alerts/${name}.kql`, import.meta.url), 'utf8');
    const patterns = [...query.matchAll(/extract\(@'([^']+)', 1, Message\)/g)].map(
      ([, pattern = '']) => pattern,
    );
    expect(patterns.length).toBeGreaterThan(2);
    for (const pattern of patterns) expect(new RegExp(pattern).exec(text)?.[1], pattern).toBeTruthy();
  }
});
