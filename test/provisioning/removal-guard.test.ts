import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../src/identity/logger.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { AccountDecider } from '../../src/provisioning/decide-account.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { NamePolicy } from '../../src/provisioning/name-policy.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import type { Link } from '../../src/state/links.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { useStorage } from '../state/storage.ts';
import { anyHealth, defaultPolicy, FAST, targetOf } from './targets.ts';

const MOST = 3;
const MINUTE_MS = 60_000;
const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const windows = [{ ms: 60 * MINUTE_MS, count: MOST, percent: 0 }];

let clock: TestClock;
let account: TestAccount;
let pair: Pair;
beforeAll(async () => {
  [account, pair] = await Promise.all([startAccount(), startPair({})]);
});
afterAll(() => Promise.all([account.close(), pair[Symbol.asyncDispose]()]));
beforeEach(() => {
  clock = createTestClock();
  clock.install();
});
afterEach(() => clock.dispose());

const guarding = () =>
  new RemovalGuard(storage.state, { accounts: windows, memberships: windows, grants: windows });
const somebody = (): Principal => ({ kind: 'user', id: randomUUID() });

test('a removal that has to be tried again is counted once, and another one of the same person is counted', async () => {
  const [target, guard, p] = [randomUUID(), guarding(), somebody()];
  const admits = (who: Principal, id: string) => guard.admits(target, who, 'accounts', [id]);
  for (let tries = 0; tries < 5; tries += 1) expect(await admits(p, '1')).toBe(true);
  expect(await admits(somebody(), '2')).toBe(true);
  expect(await admits(somebody(), '3')).toBe(true);
  expect(await admits(somebody(), '4')).toBe(false);
  // What was admitted goes on to be tried; a good while later it is another removal.
  expect(await admits(p, '1')).toBe(true);
  clock.advance(30 * MINUTE_MS);
  expect(await admits(p, '1')).toBe(false);
});

test('looks at leavers whom somebody else took away in the target count for nothing', async () => {
  const [target, guard, policy] = [randomUUID(), guarding(), defaultPolicy()];
  const names = new NamePolicy(pair.graph);
  const decider = new AccountDecider({ state: storage.state, names, guard, policy });
  const session = new TargetSession({
    target: targetOf({ id: target, scim: account.client() }),
    ownership: new Ownership(storage.state.leases, target, silent),
    limiter: new Limiter(FAST),
    health: anyHealth(),
    row: 'revoke',
  });
  const leaves = async (status: Link['status']) => {
    const p = somebody();
    await storage.state.links.add(target, {
      principal: p,
      status,
      scimId: p.id,
      name: `${p.id}@contoso.com`,
      written: { active: true },
    });
    const link = await storage.state.links.get(target, p);
    const look = {
      state: 'left',
      event: 'unassigned',
      account: {
        kind: 'user',
        id: p.id,
        accountEnabled: true,
        userType: 'Member',
        signInName: `${p.id}@contoso.com`,
        properties: {},
      },
    } as const;
    const decided = await decider.decide(session, p, look, { link, managed: false, gate: 'open' });
    return decided.holds.map(({ kind }) => kind);
  };
  for (let count = 0; count <= MOST; count += 1) expect(await leaves('gone')).toEqual([]);
  for (let count = 0; count < MOST; count += 1) expect(await leaves('linked')).toEqual([]);
  expect(await leaves('linked')).toEqual(['removal-limit']);
});
