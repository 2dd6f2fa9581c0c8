import { expect, test } from 'vitest';
import { SignIns } from '../../src/databricks/credential.ts';
import { classifyFailure } from '../../src/databricks/failure.ts';
import { CLOUDS } from '../../src/identity/clouds.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { onTestClock } from '../harness/on-test-clock.ts';
import type { TestClock } from '../harness/test-clock.ts';
import { type Place, startPlace } from './door.ts';

const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default';
const RESOURCE_ID =
  '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/ws';
let clock: TestClock;
let place: Place;

onTestClock(async given => {
  clock = given;
  place = await startPlace();
  return place;
});

test('the token is for Databricks, asked for once and again before its end', async () => {
  place.door.accepts.add('entra-1').add('entra-2');
  const client = place.door.client(place.signIns.open({ kind: 'entra' }));
  await Promise.all([client.get('Users', '1'), client.get('Users', '2')]);
  clock.advance(3_600_000 - 60_000);
  await client.get('Users', '3');
  expect(place.asked).toEqual([DATABRICKS, DATABRICKS]);
  expect(place.door.tried).toEqual(['entra-1', 'entra-1', 'entra-2']);
});

test.each(['public', 'usGovernment', 'china'] as const)(
  'a workspace that the identity has not joined is shown what it may manage in Azure: %s',
  async cloud => {
    place.door.accepts.add('entra-1').add('entra-2');
    const signIns = new SignIns({ identity: place.identity, cloud });
    await place.door
      .client(signIns.open({ kind: 'entra', workspaceResourceId: RESOURCE_ID }))
      .get('Users', '1');
    expect(place.asked).toEqual([DATABRICKS, CLOUDS[cloud].managementScope]);
    expect(place.asked[1]).toMatch(/^https:\/\/management\.core\.[a-z.]+\/\/\.default$/);
    expect(place.door.headers).toMatchObject({
      authorization: 'Bearer entra-1',
      'x-databricks-azure-sp-management-token': 'entra-2',
      'x-databricks-azure-workspace-resource-id': RESOURCE_ID,
    });
  },
);

test.each(['ws', '/subscriptions/1/resourceGroups/rg', `${RESOURCE_ID}/x`, `${RESOURCE_ID}\r\nx: y`])(
  'the resource id %j is refused',
  workspaceResourceId => {
    expect(() => place.signIns.open({ kind: 'entra', workspaceResourceId })).toThrow(ConfigurationError);
  },
);

test('a refused token is replaced if Entra gives another, at most every ten seconds, and the identity is named', async () => {
  const claims = Buffer.from('{"oid":"4C2F0000-0000-4000-8000-000000000001"}').toString('base64url');
  let issued = 0;
  place.identity.getToken = async () => {
    issued += 1;
    return { token: `e.${claims}.${issued}`, expiresOnTimestamp: Date.now() + 3_600_000 };
  };
  const client = place.door.client(place.signIns.open({ kind: 'entra' }));
  const refused = async (): Promise<string> =>
    String(
      classifyFailure(await client.get('Users', '1').catch((error: unknown) => error), { operation: 'get' }),
    );
  expect(await refused()).toMatch(
    /^TargetUnavailable: .*401; not accepted: the Entra identity 4c2f0000-0000-4000-8000-000000000001\. Check/,
  );
  await refused();
  expect(issued).toBe(1);
  clock.advance(10_001);
  place.door.accepts.add(`e.${claims}.2`);
  await client.get('Users', '1');
  expect(issued).toBe(2);
});

test('an identity that gives no token is told apart from one that cannot be reached', async () => {
  const outcomes: string[] = [];
  for (const error of [
    Object.assign(new Error('AADSTS7000215: invalid secret for app "hr"'), { statusCode: 401 }),
    Object.assign(new Error('no identity here'), { name: 'CredentialUnavailableError' }),
    null,
  ]) {
    place.identity.getToken = () => (error === null ? Promise.resolve(null) : Promise.reject(error));
    const failure = await place.door
      .client(place.signIns.open({ kind: 'entra' }))
      .get('Users', '1')
      .catch((reason: unknown) => reason);
    outcomes.push(String(classifyFailure(failure, { operation: 'get' })));
  }
  expect(outcomes).toEqual([
    `TargetUnavailable: no access token for the target: 401 (Error AADSTS7000215) from Entra ID for ${DATABRICKS}`,
    `RetryLater: no access token for the target: (CredentialUnavailableError) from Entra ID for ${DATABRICKS}`,
    `RetryLater: no access token for the target: from Entra ID for ${DATABRICKS}`,
  ]);
  expect(place.door.tried).toEqual([]);
});
