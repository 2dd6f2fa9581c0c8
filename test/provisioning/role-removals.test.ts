import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { valuePath } from '../../src/identity/desired.ts';
import type { Logger } from '../../src/identity/logger.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { ResourceApplier } from '../../src/provisioning/apply-resource.ts';
import { kinds } from '../../src/provisioning/kinds.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { NameConflicts } from '../../src/provisioning/name-conflict.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { useStorage } from '../state/storage.ts';
import { anyHealth, FAST, targetOf } from './targets.ts';

const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ROLE = valuePath('roles', 'marketplace.user');
const none = [{ ms: 3_600_000, count: 0, percent: 0 }];
const one = [{ ms: 3_600_000, count: 1, percent: 0 }];

let account: TestAccount;
let pair: Pair;
beforeAll(async () => {
  [account, pair] = await Promise.all([startAccount(), startPair({})]);
});
afterAll(() => Promise.all([account.close(), pair[Symbol.asyncDispose]()]));

/** A target whose guard lets one role an hour go, and people who have one. */
async function opened() {
  const id = randomUUID();
  const target = targetOf({ id, scim: account.client() });
  const { state } = storage;
  const guard = new RemovalGuard(state, { accounts: none, memberships: none, grants: one });
  const resources = new ResourceApplier(state, new NameConflicts(state, pair.graph, target.policy), guard);
  const ownership = new Ownership(state.leases, id, silent);
  await ownership.acquire();
  const health = anyHealth();
  const session = new TargetSession({ target, ownership, limiter: new Limiter(FAST), health, row: 'bulk' });
  const somebody = async () => {
    const p: Principal = { kind: 'user', id: randomUUID() };
    const has = { userName: `${p.id}@contoso.com`, externalId: p.id, active: true, [ROLE]: true };
    const look = (set: Record<string, string | boolean>) =>
      resources.apply(session, p, kinds.user, { create: has, set });
    const { link } = await look(has);
    const shown = () => account.databricks.store.find(link?.value.scimId ?? '');
    return { look, shown, hasRole: () => shown()?.roles.has('marketplace.user') };
  };
  return { id, somebody, [Symbol.asyncDispose]: () => ownership.release() };
}

test('roles beyond the limit stay until a person approves; what else changed is written', async () => {
  await using world = await opened();
  const [first, second] = [await world.somebody(), await world.somebody()];
  expect((await first.look({ [ROLE]: false })).held).toEqual([]);
  expect(first.hasRole()).toBe(false);
  const applied = await second.look({ [ROLE]: false, displayName: 'renamed' });
  expect(applied.held).toEqual(['role-removal-limit']);
  expect([second.hasRole(), second.shown()?.displayName]).toEqual([true, 'renamed']);
  const [hold] = await storage.state.holds.list(world.id);
  expect(hold?.value).toMatchObject({ kind: 'role-removal-limit', ids: [ROLE] });
  await storage.state.holds.approve(world.id, hold?.key ?? '', { at: 1, by: 'ada', needed: 1 });
  expect((await second.look({ [ROLE]: false })).held).toEqual([]);
  expect(second.hasRole()).toBe(false);
  expect(await storage.state.holds.list(world.id)).toEqual([]);
});

test('who is switched off loses his roles whatever the limit says, and a role that is given is no removal', async () => {
  await using world = await opened();
  const [first, second, third] = [await world.somebody(), await world.somebody(), await world.somebody()];
  await first.look({ [ROLE]: false });
  expect((await second.look({ [ROLE]: false, active: false })).held).toEqual([]);
  expect(second.shown()?.active).toBe(false);
  expect((await third.look({ [ROLE]: true, [valuePath('roles', 'other')]: true })).held).toEqual([]);
});
