import { describe, expect, test } from 'vitest';
import { classifyFailure } from '../../src/databricks/failure.ts';
import type { SignIn } from '../../src/databricks/sign-in.ts';
import type { ScimClient } from '../../src/scim/client.ts';
import { onTestClock } from '../harness/on-test-clock.ts';
import type { TestClock } from '../harness/test-clock.ts';
import { type Place, startPlace } from './door.ts';

const MINUTE = 60_000;
let clock: TestClock;
let place: Place;
let signIn: SignIn;
let client: ScimClient;

onTestClock(async given => {
  clock = given;
  place = await startPlace();
  return place;
});

/** A target whose token is in the vault, and which has just worked with it. */
async function working(token = 'old'): Promise<void> {
  place.vault.set('scim-token', token);
  place.door.accepts.add(token);
  signIn = place.signIns.open({
    kind: 'token',
    secret: { kind: 'keyVault', secretUrl: place.vault.secretUrl('scim-token') },
  });
  client = place.door.client(signIn);
  await client.get('Users', '1');
  place.door.tried.length = 0;
  clock.advance(1_000);
}

function revoke(...tokens: string[]): void {
  for (const token of tokens) place.door.accepts.delete(token);
}

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'ok',
    (error: unknown) => {
      const failure = classifyFailure(error, { operation: 'patch' });
      return failure === 'alreadyDone' ? failure : failure.name;
    },
  );

describe('two versions in the app settings', () => {
  test.each([['new'], ['old']])('work whichever the target takes: %s', async good => {
    place.door.accepts.add(good);
    client = place.door.client(
      place.signIns.open({ kind: 'token', secret: { kind: 'values', values: ['new', 'old'] } }),
    );
    await client.get('Users', '1');
    await client.get('Users', '1');
    // The one that was refused is not asked again each time.
    expect(place.door.tried).toEqual(good === 'new' ? ['new', 'new'] : ['new', 'old', 'old']);
  });

  test('that are both refused are each tried once, and the target is unavailable', async () => {
    client = place.door.client(
      place.signIns.open({ kind: 'token', secret: { kind: 'values', values: ['new', 'old'] } }),
    );
    expect(await outcome(client.get('Users', '1'))).toBe('TargetUnavailable');
    expect(place.door.tried).toEqual(['new', 'old']);
  });
});

describe('a token in the vault', () => {
  test('that overlaps with its successor is replaced within minutes, and nobody is ever refused', async () => {
    await working();
    place.door.accepts.add('new');
    clock.advance(MINUTE);
    place.vault.set('scim-token', 'new');
    await client.get('Users', '1');
    clock.advance(5 * MINUTE);
    await client.get('Users', '1');
    clock.advance(24 * 60 * MINUTE);
    revoke('old');
    await client.get('Users', '1');
    expect(place.door.tried).toEqual(['old', 'new', 'new']);
  });

  test('revoked at once after the vault had the new one: no request fails, and the vault is read once for all', async () => {
    await working();
    place.vault.set('scim-token', 'new');
    place.door.accepts.add('new');
    revoke('old');
    const requests = Array.from({ length: 20 }, (_, i) =>
      client.patch('Users', `${i}`, [{ op: 'replace', path: 'active', value: true }]),
    );
    expect(await Promise.all(requests.map(outcome))).toEqual(Array(20).fill('ok'));
    expect(place.vault.requests.list).toBe(2);
    await client.get('Users', '1');
    expect(place.door.tried.at(-1)).toBe('new');
  });

  test('revoked before the vault has the new one: unavailable until then, without storming the vault', async () => {
    await working();
    revoke('old');
    for (let second = 0; second < 30; second += 3) {
      expect(await outcome(client.get('Users', '1'))).toBe('TargetUnavailable');
      clock.advance(3_000);
    }
    expect(place.vault.requests.list).toBeLessThanOrEqual(1 + 3);
    place.vault.set('scim-token', 'new');
    place.door.accepts.add('new');
    // The next probe.
    clock.advance(10_001);
    expect(await outcome(client.get('Users', '1'))).toBe('ok');
    expect(place.door.tried.slice(-2)).toEqual(['old', 'new']);
  });

  test('revoked a second after the regular reading is read again all the same', async () => {
    await working();
    clock.advance(5 * MINUTE);
    await client.get('Users', '1');
    clock.advance(1_000);
    place.vault.set('scim-token', 'new');
    place.door.accepts.add('new');
    revoke('old');
    expect(await outcome(client.get('Users', '1'))).toBe('ok');
  });

  test('whose new version was stored too early goes on with the old one, and comes back to the new', async () => {
    await working();
    clock.advance(1_000);
    place.vault.set('scim-token', 'new');
    clock.advance(5 * MINUTE);
    await client.get('Users', '1');
    await client.get('Users', '1');
    expect(place.door.tried).toEqual(['new', 'old', 'old']);
    expect((await signIn.describe()).problems).toEqual([
      expect.stringMatching(/^refused: .*version [0-9a-f]{32}$/),
    ]);
    place.door.accepts.add('new');
    clock.advance(10 * MINUTE);
    await client.get('Users', '1');
    expect(place.door.tried.at(-1)).toBe('new');
    expect((await signIn.describe()).problems).toEqual([]);
  });

  test('whose new version is wrong for good is a request more every ten minutes, not every time', async () => {
    await working();
    clock.advance(1_000);
    place.vault.set('scim-token', 'wrong');
    for (let i = 0; i < 60; i += 1) {
      clock.advance(MINUTE);
      await client.get('Users', '1');
    }
    expect(place.door.tried.filter(token => token === 'wrong').length).toBeLessThanOrEqual(6);
  });

  test('is read once for two targets; what one refuses, the other may take', async () => {
    await working();
    clock.advance(1_000);
    place.vault.set('scim-token', 'new');
    clock.advance(5 * MINUTE);
    const other = await startPlace();
    try {
      other.door.accepts.add('new');
      const shared = place.signIns.open({
        kind: 'token',
        secret: { kind: 'keyVault', secretUrl: place.vault.secretUrl('scim-token') },
      });
      const elsewhere = other.door.client(shared);
      for (const one of [client, elsewhere, client, elsewhere]) await one.get('Users', '1');
      // At first, when it was old enough, and for the refusal.
      expect(place.vault.requests.list).toBe(3);
      expect(place.door.tried).toEqual(['new', 'old', 'old']);
      expect(other.door.tried).toEqual(['new', 'new']);
    } finally {
      await other.close();
    }
  });

  test('is not refused for a 403: that is a matter of permissions', async () => {
    await working();
    place.door.status = 403;
    const error = await client.get('Users', '1').catch((reason: unknown) => reason);
    expect(String(classifyFailure(error, { operation: 'get' }))).toMatch(
      /^TargetUnavailable: SCIM GET Users\/1: 403; not allowed: the token in Key Vault secret .*\/secrets\/scim-token, version [0-9a-f]{32}\. Check that it is still an admin/,
    );
    expect(place.vault.requests.list).toBe(1);
  });
});
