import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Logger } from '../../src/identity/logger.ts';
import type { Principal } from '../../src/identity/principal.ts';
import type { Wanted } from '../../src/planning/resource-plan.ts';
import { type AppliedResource, ResourceApplier } from '../../src/provisioning/apply-resource.ts';
import { kinds } from '../../src/provisioning/kinds.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { NameConflicts } from '../../src/provisioning/name-conflict.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { createTestClock } from '../harness/test-clock.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { useStorage } from '../state/storage.ts';
import { anyHealth, defaultPolicy, FAST, targetOf } from './targets.ts';

const MINUTE_MS = 60_000;
const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const off: Wanted = { set: { active: false } };

const clock = createTestClock();
let account: TestAccount;
let pair: Pair;
beforeAll(async () => {
  clock.install();
  [account, pair] = await Promise.all([startAccount(), startPair({})]);
});
afterAll(async () => {
  await Promise.all([account.close(), pair[Symbol.asyncDispose]()]);
  clock.dispose();
});
/** A provisioned user, and looks at him, each in a session of its own as after a minute without work. */
async function provisioned() {
  const id = randomUUID();
  const p: Principal = { kind: 'user', id: randomUUID() };
  const target = targetOf({ id, scim: account.client() });
  await storage.state.targets.update(id, state => ({ ...state, indexed: true }));
  const guard = new RemovalGuard(storage.state, target.policy.guard);
  const names = new NameConflicts(storage.state, pair.graph, defaultPolicy());
  const look = async (wanted: Wanted): Promise<AppliedResource> => {
    const ownership = new Ownership(storage.state.leases, id, silent);
    await ownership.acquire();
    const session = new TargetSession({
      target,
      ownership,
      limiter: new Limiter(FAST),
      health: anyHealth(),
      row: 'revoke',
    });
    try {
      return await new ResourceApplier(storage.state, names, guard).apply(session, p, kinds.user, wanted);
    } finally {
      await ownership.release();
    }
  };
  const attributes = { userName: `${p.id}@contoso.com`, externalId: p.id, active: true };
  const { link } = await look({ create: attributes, set: attributes });
  const scimId = link?.value.scimId ?? '';
  const sent = () => {
    const { log } = account.databricks;
    return log.filter(({ path }) => path === `/Users/${scimId}`).map(({ method }) => method);
  };
  onTestFinished(() => void account.databricks.faults.splice(0));
  return { look, sent, isOn: () => account.databricks.store.find(scimId)?.active, scimId };
}

const later = (ms: number): void => clock.advance(ms);

test('an account that was switched off is read once, a minute later, and left alone when it is off', async () => {
  const { look, sent, isOn } = await provisioned();
  await look(off);
  expect([isOn(), sent()]).toEqual([false, ['PATCH']]);
  later(MINUTE_MS - 1_000);
  await look(off);
  expect(sent()).toEqual(['PATCH']);
  later(2_000);
  await look(off);
  later(MINUTE_MS);
  await look(off);
  expect(sent()).toEqual(['PATCH', 'GET']);
});

test('a deactivation that the target took without a word and did not make is made again', async () => {
  const { look, sent, isOn, scimId } = await provisioned();
  account.databricks.faults.push({
    method: 'PATCH',
    path: new RegExp(`/Users/${scimId}$`),
    status: 200,
    times: 1,
  });
  await look(off);
  expect(isOn()).toBe(true);
  later(2 * MINUTE_MS);
  const { writes } = await look(off);
  expect(writes.map(({ action }) => action)).toEqual(['not-kept-user', 'deactivate-user']);
  expect(isOn()).toBe(false);
  later(2 * MINUTE_MS);
  expect((await look(off)).writes).toEqual([]);
  later(2 * MINUTE_MS);
  await look(off);
  expect(sent()).toEqual(['PATCH', 'GET', 'PATCH', 'GET']);
});

test('an account that is not wanted off is not asked about', async () => {
  const { look, sent } = await provisioned();
  await look(off);
  later(2 * MINUTE_MS);
  await look({ set: {} });
  expect(sent()).toEqual(['PATCH']);
});
