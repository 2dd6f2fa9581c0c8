import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IdentityApi } from '../../src/databricks/identity-api.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';
import { AimWatch, isManaged } from '../../src/provisioning/aim-watch.ts';
import type { Target } from '../../src/provisioning/target.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { useStorage } from '../state/storage.ts';
import { FAST, targetOf } from './targets.ts';

const MINUTE = 60_000;
const storage = useStorage();
let clock: TestClock;
let databricks: LocalDatabricks;
let target: Target;
let log: ReturnType<typeof recordedLog>;
let watch: AimWatch;

beforeEach(async () => {
  clock = createTestClock();
  clock.install();
  const accountId = randomUUID();
  databricks = await startDatabricks({ accountId, limits: 'off', acceptToken: () => true });
  const authorization = {
    sign: async () => ({ headers: { Authorization: 'Bearer entra' }, by: 'somebody' }),
  };
  const allowInsecureConnection = true;
  target = targetOf({
    id: `account-${accountId}`,
    scim: new ScimClient({ baseUrl: databricks.scimUrl, authorization, allowInsecureConnection }),
    identities: new IdentityApi({
      accountUrl: databricks.url,
      accountId,
      authorization,
      allowInsecureConnection,
    }),
  });
  log = recordedLog();
  watch = new AimWatch(storage.state, log);
});
afterEach(async () => {
  await databricks.close();
  clock.dispose();
});

const state = () => storage.state.targets.read(target.id);
const managed = async () => isManaged(await state(), target);
const events = () => log.lines.map(line => line.split(' ')[0]);
async function audited(): Promise<boolean> {
  const { auditDue } = await storage.state.targets.update(target.id, before => ({
    ...before,
    auditDue: undefined,
  }));
  return auditDue === undefined;
}

describe('what is not known yet', () => {
  test.each([true, false])('is believed at once: %s', async on => {
    databricks.aim.on = on;
    await watch.check(target);
    expect(await managed()).toBe(on);
    expect(events()).toEqual(on ? ['aim-detected'] : []);
    expect((await state()).auditDue !== undefined).toBe(on);
  });

  test('stays unknown where nobody answers, is said once, and writes go on', async () => {
    databricks.faults.push({ status: 403, times: Number.POSITIVE_INFINITY });
    await watch.check(target);
    await watch.check(target);
    expect(await managed()).toBe(false);
    expect(log.lines).toEqual([expect.stringMatching(/^aim-unknown .*403.*somebody.* known=nothing$/)]);
  });
});

describe('once it was off', () => {
  beforeEach(async () => {
    await watch.check(target);
    databricks.aim.on = true;
  });

  test('it takes two probes ten minutes apart', async () => {
    await watch.check(target);
    clock.advance(9 * MINUTE);
    await watch.check(target);
    expect(await managed()).toBe(false);
    expect(events()).toEqual([]);
    clock.advance(MINUTE);
    await watch.check(target);
    expect(await managed()).toBe(true);
    expect((await state()).auditDue).toBeDefined();
  });

  test('which agree: one that says otherwise begins anew', async () => {
    await watch.check(target);
    databricks.aim.on = false;
    clock.advance(9 * MINUTE);
    await watch.check(target);
    databricks.aim.on = true;
    clock.advance(MINUTE);
    await watch.check(target);
    expect(await managed()).toBe(false);
  });

  test('or a refusal that names it, and one probe, however many looks were refused', async () => {
    databricks.log.length = 0;
    await Promise.all(Array.from({ length: 5 }, () => watch.refused(target, {})));
    expect(await managed()).toBe(true);
    expect(databricks.log).toHaveLength(1);
    expect(events()).toEqual(['aim-detected']);
  });

  test('a refusal alone is not enough where the account itself says no', async () => {
    databricks.aim.on = false;
    await watch.refused(target, {});
    expect(await managed()).toBe(false);
  });
});

describe('once it was on', () => {
  beforeEach(async () => {
    databricks.aim.on = true;
    await watch.check(target);
    expect(await audited()).toBe(true);
  });

  test('one probe ends it, since whoever has to leave a group waits for us again', async () => {
    clock.advance(10 * MINUTE);
    databricks.aim.on = false;
    await watch.check(target);
    expect(await managed()).toBe(false);
    expect(events()).toEqual(['aim-detected', 'aim-gone']);
    expect((await state()).auditDue).toBeDefined();
  });

  test('but not while the switch may not show everywhere: an account that shows the old and the new by turns is audited once', async () => {
    for (const on of [false, true, false]) {
      clock.advance(3 * MINUTE);
      databricks.aim.on = on;
      await watch.check(target);
      expect(await managed()).toBe(true);
    }
    expect(events()).toEqual(['aim-detected']);
    expect((await state()).auditDue).toBeUndefined();
    clock.advance(MINUTE);
    await watch.check(target);
    expect(await managed()).toBe(false);
  });

  test('and so does the answer to a resolve', async () => {
    await watch.switchedOff(target);
    expect(await managed()).toBe(false);
  });

  test('who cannot be asked any more does not end it', async () => {
    databricks.faults.push({ status: 503, times: Number.POSITIVE_INFINITY });
    await watch.check(target);
    expect(await managed()).toBe(true);
    expect(log.lines.at(-1)).toMatch(/^aim-unknown .*503.* known=on$/);
    expect((await state()).auditDue).toBeUndefined();
  });
});

describe('while a switch takes ten minutes to show everywhere', () => {
  test.each([true, false])(
    'a probe a minute tells of it once, and ends in what it was switched to: %s',
    async on => {
      databricks.aim.on = !on;
      await watch.check(target);
      clock.advance(20 * MINUTE);
      log.lines.length = 0;
      databricks.aim.transitionMs = 10 * MINUTE;
      databricks.aim.on = on;
      for (let minute = 0; minute < 25; minute += 1) {
        // Somebody else's request in between, so that ours are not always answered by the same one of the two.
        if (minute % 3 === 0) databricks.aim.isOnForNext();
        await watch.check(target);
        clock.advance(MINUTE);
      }
      expect(await managed()).toBe(on);
      expect(events()).toEqual([on ? 'aim-detected' : 'aim-gone']);
    },
  );
});

describe('with a token that opens SCIM only', () => {
  beforeEach(() => {
    target = { ...target, identities: undefined };
  });

  test('nothing is asked, a refusal is believed for ten minutes, and what is taken then ends it', async () => {
    await watch.check(target);
    await watch.check(target);
    expect(databricks.log).toEqual([]);
    expect(events()).toEqual(['aim-unknown']);
    await watch.refused(target, {});
    expect(await managed()).toBe(true);
    clock.advance(10 * MINUTE);
    expect(await managed()).toBe(false);
    await watch.refused(target, {});
    expect(await managed()).toBe(true);
    await watch.accepted(target, [{ action: 'deactivate-user', scimId: '1', detail: '' }]);
    expect((await state()).aim?.on).toBe(true);
    await watch.accepted(target, [{ action: 'create-user', scimId: '1', detail: '' }]);
    expect((await state()).aim?.on).toBe(false);
    expect(events()).toEqual(['aim-unknown', 'aim-detected', 'aim-gone']);
  });

  test('one of those who were held is tried again, ten minutes after the last refusal', async () => {
    await watch.refused(target, {});
    const principal = { kind: 'user', id: 'oid-ada' } as const;
    const hold = { kind: 'managed-identities', principal, ids: [], cause: '' } as const;
    await storage.state.holds.hold(target.id, { ...hold, ids: [] }, Date.now());
    await watch.check(target);
    expect(await storage.state.backlog.hasRows(target.id)).toBe(false);
    clock.advance(10 * MINUTE);
    await watch.check(target);
    expect(await storage.state.backlog.hasRows(target.id)).toBe(true);
  });
});

test('what a cycle asks stays within the readers’ share of the writes', async () => {
  target = { ...target, readerRates: { ...FAST, write: 4 } };
  await watch.check(target);
  await watch.check(target);
  const [first = 0, second = 0] = databricks.log.map(({ at }) => at);
  expect(second - first).toBeGreaterThan(200);
});

test('a workspace has none', async () => {
  databricks.aim.on = true;
  target = { ...target, level: 'workspace' };
  await watch.check(target);
  expect((await state()).aim).toBeUndefined();
  expect(log.lines).toEqual([]);
});
