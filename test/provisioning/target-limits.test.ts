import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import type { Logger } from '../../src/identity/logger.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { type AppliedResource, ResourceApplier } from '../../src/provisioning/apply-resource.ts';
import { deleteAccount } from '../../src/provisioning/delete-account.ts';
import { kinds } from '../../src/provisioning/kinds.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { NameConflicts } from '../../src/provisioning/name-conflict.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { useStorage } from '../state/storage.ts';
import { anyHealth, defaultPolicy, FAST, targetOf } from './targets.ts';

const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const policy = defaultPolicy();

let account: TestAccount;
let pair: Pair;
beforeAll(async () => {
  [account, pair] = await Promise.all([startAccount(), startPair({})]);
});
afterAll(() => Promise.all([account.close(), pair[Symbol.asyncDispose]()]));

/** A target of its own that can hold two accounts and one group, and holds as much as the last audit counted. */
async function openTarget(counts?: { accounts: number; groups: number }) {
  const id = randomUUID();
  const ownership = new Ownership(storage.state.leases, id, silent);
  await ownership.acquire();
  onTestFinished(() => ownership.release());
  await storage.state.targets.update(id, state => ({ ...state, indexed: true, counts }));
  const resourceLimits = { ...RESOURCE_LIMITS, accounts: 2, groups: 1 };
  const target = targetOf({ id, scim: account.client(), resourceLimits });
  const session = new TargetSession({
    target,
    ownership,
    limiter: new Limiter(FAST),
    health: anyHealth(),
    row: 'bulk',
  });
  const applier = new ResourceApplier(
    storage.state,
    new NameConflicts(storage.state, pair.graph, policy),
    new RemovalGuard(storage.state, policy.guard),
  );
  return {
    id,
    session,
    apply: (p: Principal, displayName: string): Promise<AppliedResource> => {
      const attributes =
        p.kind === 'user'
          ? { userName: `${p.id}@contoso.com`, displayName, externalId: p.id, active: true }
          : { displayName, externalId: p.id };
      return applier.apply(session, p, kinds[p.kind], { create: attributes, set: attributes });
    },
    counts: async () => (await storage.state.targets.read(id)).counts,
  };
}

const user = (): Principal => ({ kind: 'user', id: randomUUID() });
const group = (): Principal => ({ kind: 'group', id: randomUUID() });

test('a create beyond the last place is not sent, and says which limit it is', async () => {
  const target = await openTarget({ accounts: 1, groups: 1 });
  await target.apply(user(), 'fits');
  const sent = account.databricks.requests;
  await expect(target.apply(user(), 'does not')).rejects.toMatchObject({
    code: 'TargetLimitAccounts',
    message: expect.stringContaining('2 of at most 2 users and service principals'),
  });
  await expect(target.apply(group(), 'neither')).rejects.toMatchObject({ code: 'TargetLimitGroups' });
  expect(account.databricks.requests).toBe(sent);
  expect(await target.counts()).toEqual({ accounts: 2, groups: 1 });
});

test('one that is refused leaves nothing behind, and comes once there is room', async () => {
  const target = await openTarget({ accounts: 1, groups: 0 });
  const [leaver, waits] = [user(), user()];
  await target.apply(leaver, 'leaver');
  await expect(target.apply(waits, 'waits')).rejects.toMatchObject({ code: 'TargetLimitAccounts' });
  expect(await storage.state.links.get(target.id, waits)).toBeUndefined();
  await deleteAccount(storage.state, target.session, leaver);
  const { link } = await target.apply(waits, 'waits');
  expect(link?.value.status).toBe('linked');
});

test('a full target is still written to', async () => {
  const target = await openTarget({ accounts: 1, groups: 0 });
  const p = user();
  await target.apply(p, 'before');
  expect((await target.apply(p, 'after')).writes).toHaveLength(1);
  expect(account.store.list('Users').find(({ externalId }) => externalId === p.id)?.displayName).toBe(
    'after',
  );
});

test('before any audit has counted, the target is asked', async () => {
  const target = await openTarget();
  for (const name of ['one', 'two', 'three']) await target.apply(user(), name);
  expect(await target.counts()).toBeUndefined();
});

test('a group name that is too long is not sent, neither new nor as a change', async () => {
  const target = await openTarget({ accounts: 0, groups: 0 });
  const long = 'x'.repeat(256);
  await expect(target.apply(group(), long)).rejects.toMatchObject({ code: 'TargetLimitGroupNameLength' });
  const p = group();
  await target.apply(p, 'short');
  const sent = account.databricks.requests;
  await expect(target.apply(p, long)).rejects.toMatchObject({ code: 'TargetLimitGroupNameLength' });
  expect(account.databricks.requests).toBe(sent);
  expect((await storage.state.links.get(target.id, p))?.value.intent).toBeUndefined();
});
