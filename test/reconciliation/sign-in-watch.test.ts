import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SignInWatch } from '../../src/reconciliation/sign-in-watch.ts';
import { type Place, startPlace } from '../databricks/door.ts';
import { onTestClock } from '../harness/on-test-clock.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import type { TestClock } from '../harness/test-clock.ts';
import { targetOf } from '../provisioning/targets.ts';
import { useStorage } from '../state/storage.ts';

const DAY = 24 * 3_600_000;
const storage = useStorage();
let clock: TestClock;
let place: Place;
onTestClock(async given => {
  clock = given;
  place = await startPlace();
  return place;
});

/** A target that signs in with the secret of that name in the vault. */
function watched(name: string) {
  const secretUrl = place.vault.secretUrl(name);
  const signIn = place.signIns.open({ kind: 'token', secret: { kind: 'keyVault', secretUrl } });
  const scim = place.door.client(signIn);
  const target = targetOf({ id: `account-${randomUUID()}`, scim, signIns: { scim: signIn } });
  const log = recordedLog();
  const check = async (): Promise<string[]> => {
    const said = log.lines.length;
    // Another process each time: what was said is in the state.
    await new SignInWatch(storage.state, log).check(target);
    return log.lines.slice(said);
  };
  return { target, scim, check };
}

test('the end of a secret is told thirty days, seven days and one day before, once each', async () => {
  place.vault.set('scim-token', 'first', { expiresAt: Date.now() + 40 * DAY });
  const { check } = watched('scim-token');
  const days: string[][] = [];
  for (let day = 40; day >= -1; day -= 1) {
    days.push(
      (await check()).map(line => `${day}: ${line.split(' ')[0]} ${/days=\d+/.exec(line)?.[0] ?? ''}`),
    );
    clock.advance(DAY);
  }
  expect(days.flat()).toEqual([
    '30: secret-expires-soon days=30',
    '7: secret-expires-soon days=7',
    '1: secret-expires-soon days=1',
    '0: secret-expired ',
  ]);
});

test('a cycle that comes late says the most urgent of them; a new version ends it, and has an end of its own', async () => {
  place.vault.set('scim-token', 'first', { expiresAt: Date.now() + 5 * DAY });
  const { target, check } = watched('scim-token');
  const [line, ...others] = await check();
  expect(line).toMatch(/^secret-expires-soon .* days=5$/);
  expect(line).toContain(`target=${target.id} by="the token in `);
  expect(others).toEqual([]);
  clock.advance(1_000);
  place.vault.set('scim-token', 'second', { expiresAt: Date.now() + 29 * DAY });
  clock.advance(DAY);
  expect(await check()).toEqual([expect.stringContaining('days=28')]);
  expect(await check()).toEqual([]);
  const { signIns } = await storage.state.targets.read(target.id);
  expect(signIns?.scim).toMatchObject({ warnedDays: 30, problems: [] });
});

test('a version that the target refuses is told, and a vault that cannot be read', async () => {
  place.vault.set('scim-token', 'good');
  clock.advance(2_000);
  place.vault.set('scim-token', 'mistyped');
  place.door.accepts.add('good');
  const { scim, check } = watched('scim-token');
  expect(await check()).toEqual([]);
  await scim.get('Users', '1');
  expect(await check()).toEqual([expect.stringContaining('secret-version-refused')]);
  expect(await check()).toEqual([]);
  place.vault.permissions = new Set();
  clock.advance(DAY);
  expect(await check()).toEqual([expect.stringMatching(/^secret-problem .*403/)]);
  expect(await check()).toEqual([]);
});

test('a secret that was never there is told as well', async () => {
  const { check } = watched('nothing');
  expect(await check()).toEqual([expect.stringMatching(/^secret-problem /)]);
  expect(await check()).toEqual([]);
});
