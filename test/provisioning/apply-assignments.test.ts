import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  WorkspaceAssignments,
  type WorkspacePermission,
} from '../../src/databricks/workspace-assignments.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { AssignmentApplier } from '../../src/provisioning/apply-assignments.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import type { Outcome } from '../../src/provisioning/outcome.ts';
import { OwnIdentity } from '../../src/provisioning/own-identity.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import type { Target } from '../../src/provisioning/target.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { ScimClient } from '../../src/scim/client.ts';
import type { Link } from '../../src/state/links.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { bearer } from '../scim/bearer.ts';
import { changeOf, useStorage } from '../state/storage.ts';
import { anyHealth, defaultPolicy, FAST, targetOf } from './targets.ts';

const storage = useStorage();
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let clock: TestClock;
let databricks: LocalDatabricks;
let first: LocalWorkspace;
let second: LocalWorkspace;
/** Another in each test. */
let target: string;
let scimId: string;
let ownership: Ownership;

beforeEach(async () => {
  clock = createTestClock();
  clock.install();
  databricks = await startDatabricks({
    accountId: randomUUID(),
    limits: 'off',
    acceptToken: token => token === 'admin',
  });
  databricks.scimTokens.push('scim');
  first = await databricks.addWorkspace({ federated: true });
  second = await databricks.addWorkspace({ federated: true });
  target = `account-${randomUUID()}`;
  scimId = databricks.store.add({ type: 'Users', userName: 'ada@contoso.com' }).id;
  await storage.state.targets.update(target, state => ({ ...state, indexed: true }));
  ownership = new Ownership(storage.state.leases, target, quiet);
  await ownership.acquire();
});
afterEach(async () => {
  await ownership.release();
  await databricks.close();
  clock.dispose();
});

const ada = { kind: 'user', id: 'ada' } as const;
const policy = defaultPolicy();
/** By default nothing is too much here; a test that asks for limits brings its own. */
const guard = () => new RemovalGuard(storage.state, policy.guard);

async function linked(more: Partial<Link> = {}): Promise<void> {
  const link: Link = {
    principal: ada,
    status: 'linked',
    scimId,
    name: 'ada@contoso.com',
    written: { active: true },
  };
  await storage.state.links.add(target, { ...link, ...more });
}

/** One look under a configuration that gives ada these permissions. */
async function look(
  wanted: readonly (WorkspacePermission | undefined)[],
  {
    token = 'admin',
    applier = new AssignmentApplier(storage.state, policy, guard()),
    ...more
  }: {
    token?: string;
    applier?: AssignmentApplier;
  } & Partial<Target> = {},
): Promise<Outcome> {
  const { url: host, accountId, scimUrl: baseUrl } = databricks;
  const insecure = { allowInsecureConnection: true, authorization: bearer(token) };
  const scim = new ScimClient({ baseUrl, ...insecure });
  const client = new WorkspaceAssignments({ host, accountId, ...insecure });
  const places = wanted.flatMap((permission, index) => {
    const workspaceId = [first, second][index]?.id ?? '';
    return permission === undefined
      ? []
      : [{ workspaceId, assignments: new Map([['ada', permission]]), assert: false }];
  });
  const session = new TargetSession({
    target: targetOf({ id: target, scim, workspaces: { client, wanted: places }, ...more }),
    ownership,
    limiter: new Limiter(FAST),
    health: anyHealth(),
    row: 'bulk',
  });
  return applier.apply(session, changeOf('user', 'ada', { target, cause: 'audit' }));
}

const assigned = () => [first, second].map(({ assignments }) => assignments.get(scimId));
const remembered = async () => (await storage.state.links.get(target, ada))?.value.workspaces;

describe('nobody is given a workspace', () => {
  test.each<[string, Partial<Link>]>([
    ['who is away', { leaving: { event: 'unassigned', since: 0 } }],
    ['whose account is off', { written: { active: false } }],
    ['whose resource is not known yet', { status: 'creating', scimId: undefined }],
    ['whom somebody else deleted', { status: 'gone' }],
  ])('%s', async (_who, link) => {
    await linked(link);
    expect(await look(['USER'])).toMatchObject({ writes: [], holds: [] });
    expect(assigned()).toEqual([undefined, undefined]);
  });

  test('before the plan was approved, and the look comes back', async () => {
    await linked();
    await storage.state.targets.update(target, state => ({ ...state, planOnly: true }));
    expect(await look(['USER'])).toMatchObject({ writes: [], deferred: true });
    expect(assigned()[0]).toBeUndefined();
  });
});

test('who leaves keeps what he has, and loses what is taken off the list', async () => {
  await linked();
  await look(['USER', 'USER']);
  const row = await storage.state.links.get(target, ada);
  if (row === undefined) throw new Error('no link');
  await storage.state.links.replace(target, row, {
    ...row.value,
    leaving: { event: 'unassigned', since: 0 },
  });
  await look(['USER']);
  expect(assigned()).toEqual(['USER', undefined]);
  expect(Object.keys((await remembered()) ?? {})).toEqual([first.id]);
});

test('one workspace in trouble keeps nobody out of the other', async () => {
  await linked();
  databricks.faults.push({ path: new RegExp(first.id), status: 500, times: 1_000 });
  const outcome = await look(['USER', 'USER']);
  expect(outcome.unfinished).toBeInstanceOf(RetryLater);
  expect(assigned()).toEqual([undefined, 'USER']);
  expect(outcome.writes).toEqual([{ action: 'assign-workspace', scimId, detail: `Users ${second.id} USER` }]);
});

test('a sign-in that is not let in is the trouble of the assignment, and not of the target', async () => {
  await linked();
  const { unfinished } = await look(['USER'], { token: 'scim' });
  expect(unfinished).toBeInstanceOf(Permanent);
  expect(unfinished).toMatchObject({ code: 'AccountSignInRefused' });
});

describe('nothing is taken from', () => {
  test('who is protected', async () => {
    await linked();
    await look(['USER']);
    const applier = new AssignmentApplier(
      storage.state,
      { ...policy, protectedObjectIds: new Set(['ada']) },
      guard(),
    );
    expect((await look([], { applier })).writes).toEqual([]);
    expect(assigned()[0]).toBe('USER');
  });

  test('the account that we sign in with', async () => {
    await linked();
    await look(['USER']);
    await look([], { own: new OwnIdentity({ applicationId: 'ADA@contoso.com' }) });
    expect(assigned()[0]).toBe('USER');
  });
});

test('USER that was there before us is there after us', async () => {
  await linked();
  first.assignments.set(scimId, 'USER');
  databricks.store.add({ type: 'Users', userName: 'root@contoso.com' });
  first.assignments.set(databricks.store.user('root@contoso.com')?.id ?? '', 'ADMIN');
  await look(['ADMIN']);
  expect(assigned()[0]).toBe('ADMIN');
  await look([]);
  expect(assigned()[0]).toBe('USER');
  expect(await remembered()).toBeUndefined();
});

describe('an assignment whose answer was lost', () => {
  const lost = { method: 'PUT', reset: true, applied: true, times: 1 } as const;

  test('is ours, and is taken back', async () => {
    await linked();
    databricks.faults.push(lost, lost, lost);
    expect((await look(['USER'])).unfinished).toBeInstanceOf(RetryLater);
    expect(assigned()[0]).toBe('USER');
    databricks.faults = [];
    clock.advance(60_000);
    await ownership.acquire();
    await look([]);
    expect(assigned()[0]).toBeUndefined();
    expect(await remembered()).toBeUndefined();
  });

  test('is waited for before something else is written', async () => {
    await linked();
    databricks.faults.push(
      { ...lost, applied: false },
      { ...lost, applied: false },
      { ...lost, applied: false },
    );
    await look(['ADMIN']);
    databricks.faults = [];
    const { unfinished } = await look(['USER']);
    expect(unfinished).toBeInstanceOf(RetryLater);
    expect(assigned()[0]).toBeUndefined();
  });
});

test('assignments beyond the limit are taken back when a person approves, and from who is off at once', async () => {
  const limit = [{ ms: 3_600_000, count: 1, percent: 0 }];
  const tight = new RemovalGuard(storage.state, { ...policy.guard, grants: limit });
  const applier = new AssignmentApplier(storage.state, policy, tight);
  await linked();
  await look(['USER', 'USER'], { applier });
  expect((await look([], { applier })).holds).toEqual(['assignment-removal-limit']);
  expect(assigned().filter(permission => permission !== undefined)).toEqual(['USER']);
  const [hold] = await storage.state.holds.list(target);
  await storage.state.holds.approve(target, hold?.key ?? '', { at: 1, by: 'ada', needed: 1 });
  expect((await look([], { applier })).holds).toEqual([]);
  expect(assigned()).toEqual([undefined, undefined]);
});
