import { describe, expect, test } from 'vitest';
import { classifyFailure } from '../../src/databricks/failure.ts';
import type { SignIn } from '../../src/databricks/sign-in.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { onTestClock } from '../harness/on-test-clock.ts';
import type { TestClock } from '../harness/test-clock.ts';
import { type Place, startPlace } from './door.ts';

const HOUR = 3_600_000;
let clock: TestClock;
let place: Place;

onTestClock(async given => {
  clock = given;
  place = await startPlace();
  return place;
});

const open = (): SignIn =>
  place.signIns.open({
    kind: 'token',
    secret: { kind: 'keyVault', secretUrl: place.vault.secretUrl('scim-token') },
  });

/** Which values are tried, in order, by somebody to whom each is refused. */
async function tried(signIn: SignIn): Promise<string[]> {
  await place.door
    .client(signIn)
    .get('Users', '1')
    .catch(() => {});
  return place.door.tried.splice(0);
}

async function failureOf(signIn: SignIn): Promise<string> {
  const error = await place.door
    .client(signIn)
    .get('Users', '1')
    .catch((reason: unknown) => reason);
  return String(classifyFailure(error, { operation: 'get' }));
}

describe('of the versions of a secret', () => {
  test('the newest two are tried, whatever order and however many pages they come in', async () => {
    for (let i = 0; i < 60; i += 1) {
      place.vault.set('scim-token', `v${i}`);
      clock.advance(1_000);
    }
    expect(await tried(open())).toEqual(['v59', 'v58']);
  });

  test('those are passed over that are disabled, expired or not valid yet', async () => {
    const later = [
      { enabled: false },
      { expiresAt: Date.now() + 5_000 },
      { notBefore: Date.now() + HOUR },
      {},
      {},
    ];
    for (const [i, attributes] of later.entries()) {
      place.vault.set('scim-token', `v${i}`, attributes);
      clock.advance(1_000);
    }
    clock.advance(10_000);
    for (let i = 0; i < 5; i += 1) place.vault.set('scim-token', `disabled${i}`, { enabled: false });
    expect(await tried(open())).toEqual(['v4', 'v3']);
  });

  test('one that is disabled while they are read leaves the others', async () => {
    place.vault.set('scim-token', 'older');
    clock.advance(1_000);
    const newest = place.vault.set('scim-token', 'newest');
    place.vault.gate = operation => {
      if (operation === 'get') place.vault.update('scim-token', newest, { enabled: false });
    };
    expect(await tried(open())).toEqual(['older']);
  });

  test('the last one is still tried when all have expired, and is said to have', async () => {
    const expiresAt = Math.floor(Date.now() / 1_000) * 1_000 + 5_000;
    place.vault.set('scim-token', 'older', { expiresAt: expiresAt - 1_000 });
    clock.advance(1_000);
    place.vault.set('scim-token', 'last', { expiresAt });
    clock.advance(HOUR);
    const signIn = open();
    expect(await tried(signIn)).toEqual(['last']);
    expect(await signIn.describe()).toMatchObject({ expiresAt, versions: 1 });
  });

  test('one that expires between two readings is tried last', async () => {
    place.vault.set('scim-token', 'older');
    clock.advance(1_000);
    place.vault.set('scim-token', 'newer', { expiresAt: Date.now() + 60_000 });
    place.door.accepts.add('older').add('newer');
    const signIn = open();
    expect(await tried(signIn)).toEqual(['newer']);
    clock.advance(61_000);
    expect(await tried(signIn)).toEqual(['older']);
  });

  test('the line break that an editor left behind is not sent', async () => {
    place.vault.set('scim-token', 'token\n');
    expect(await tried(open())).toEqual(['token']);
  });

  test('one that cannot be a token is passed over', async () => {
    place.vault.set('scim-token', 'good');
    clock.advance(1_000);
    place.vault.set('scim-token', 'not a token, but a sentence');
    expect(await tried(open())).toEqual(['good']);
  });

  test('the expiry of the one that works is told, not that of one that is refused', async () => {
    const soon = Math.floor(Date.now() / 1_000) * 1_000 + HOUR;
    place.vault.set('scim-token', 'works', { expiresAt: soon });
    clock.advance(1_000);
    place.vault.set('scim-token', 'refused', { expiresAt: soon + 1_000 * HOUR });
    place.door.accepts.add('works');
    const signIn = open();
    await tried(signIn);
    expect(await signIn.describe()).toMatchObject({ expiresAt: soon, versions: 2 });
  });
});

describe('a vault', () => {
  test('that is away does not stop what works, and is reported', async () => {
    place.vault.set('scim-token', 'token');
    place.door.accepts.add('token');
    const signIn = open();
    await tried(signIn);
    place.vault.fault = { status: 503, code: 'ServiceUnavailable' };
    clock.advance(HOUR);
    expect(await tried(signIn)).toEqual(['token']);
    expect((await signIn.describe()).problems).toEqual([expect.stringContaining('503')]);
    // Both reasons, for whoever is woken when the token is refused as well.
    place.door.accepts.clear();
    expect(await failureOf(signIn)).toMatch(
      /^TargetUnavailable: .*401 for every version .* read again: .*503/,
    );
    place.vault.fault = undefined;
    clock.advance(10_001);
    await tried(signIn);
    expect((await signIn.describe()).problems).toEqual([]);
  });

  test('that hangs keeps nobody waiting who has a token', async () => {
    place.vault.set('scim-token', 'token');
    place.door.accepts.add('token');
    const signIn = open();
    await tried(signIn);
    place.vault.fault = 'hang';
    clock.advance(HOUR);
    const begun = performance.now();
    for (let i = 0; i < 5; i += 1) expect(await tried(signIn)).toEqual(['token']);
    expect(performance.now() - begun).toBeLessThan(9_000);
  });

  test('that was never reached is tried again soon, and is no reason to give the target up', async () => {
    place.vault.set('scim-token', 'token');
    place.door.accepts.add('token');
    place.vault.fault = { status: 500, code: 'InternalServerError' };
    const signIn = open();
    expect(await failureOf(signIn)).toMatch(/^RetryLater: no access token for the target: 500 /);
    const asked = place.vault.requests.list;
    expect(await failureOf(signIn)).toMatch(/^RetryLater/);
    expect(place.vault.requests.list).toBe(asked);
    place.vault.fault = undefined;
    clock.advance(10_001);
    expect(await tried(signIn)).toEqual(['token']);
  });

  test('whose answer is cut off is tried again, and nothing of the answer is shown', async () => {
    place.vault.set('scim-token', 'dapi0123');
    place.vault.fault = 'garbled';
    const text = await failureOf(open());
    expect(text).toMatch(/^RetryLater: no access token for the target: 200 \(RestError PARSE_ERROR\)/);
    expect(text).not.toContain('dapi');
  });

  test.each(['list', 'get'] as const)('that does not permit %s says what is missing', async missing => {
    place.vault.set('scim-token', 'token');
    place.vault.permissions = new Set((['list', 'get'] as const).filter(one => one !== missing));
    const text = await failureOf(open());
    expect(text).toMatch(/^TargetUnavailable: .*\/secrets\/scim-token.* permissions Get and List/);
    expect(place.door.tried).toEqual([]);
  });

  test('without such a secret says so', async () => {
    expect(await failureOf(open())).toMatch(/^TargetUnavailable: .*\(no version can be used\)/);
  });

  test('whose tokens nobody gives is named with the code of Entra, not with its prose', async () => {
    const refusal = Object.assign(new Error('AADSTS7000222: the secret of app "hr" has expired'), {
      statusCode: 401,
    });
    place.identity.getToken = () => Promise.reject(refusal);
    const text = await failureOf(open());
    expect(text).toMatch(/^TargetUnavailable: no access token for the target: 401 \(Error AADSTS7000222\)/);
    expect(text).not.toContain('hr');
  });

  test.each([
    [
      'a version, which could not be rotated',
      'https://v.vault.azure.net/secrets/a/0123456789abcdef0123456789abcdef',
    ],
    ['http', 'http://v.vault.azure.net/secrets/a'],
    ['no secret', 'https://v.vault.azure.net/'],
    ['a key', 'https://v.vault.azure.net/keys/a'],
    ['a password', 'https://u:p@v.vault.azure.net/secrets/a'],
    ['a query', 'https://v.vault.azure.net/secrets/a?x'],
    ['no address', 'scim-token'],
  ])('is refused by an address with %s', (_what, secretUrl) => {
    expect(() => place.signIns.open({ kind: 'token', secret: { kind: 'keyVault', secretUrl } })).toThrow(
      ConfigurationError,
    );
  });

  test.each([[[]], [['']], [['two words']], [['good', 'ünicode']]])(
    'that is not used at all: values %j are refused at the start',
    values => {
      expect(() => place.signIns.open({ kind: 'token', secret: { kind: 'values', values } })).toThrow(
        ConfigurationError,
      );
    },
  );
});
