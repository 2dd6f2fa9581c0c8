import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScimClient } from '../../src/scim/client.ts';
import { canFind, equals } from '../../src/scim/filter.ts';
import { typeOfReference } from '../../src/scim/resources.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';

let account: TestAccount;
let client: ScimClient;
beforeEach(async () => {
  account = await startAccount();
  client = account.client();
});
afterEach(() => account.close());

describe('a search', () => {
  const types = ['Users', 'Groups', 'ServicePrincipals'] as const;
  const attributes = ['userName', 'displayName', 'externalId', 'applicationId', 'id'] as const;

  test.each(types.flatMap(type => attributes.map(attribute => [type, attribute] as const)))(
    'of %s by %s is possible if the target serves it, and is refused before it is sent if not',
    async (type, attribute) => {
      const filter = encodeURIComponent(equals(attribute, 'x'));
      const { status } = await account.send('GET', `/${type}?filter=${filter}`);
      expect(status).toBe(canFind(type, attribute) ? 200 : 400);
      const search = client.find(type, attribute, 'x');
      if (canFind(type, attribute)) expect(await search).toEqual([]);
      else await expect(search).rejects.toThrow(RangeError);
      expect(client.requestCount).toBe(canFind(type, attribute) ? 1 : 0);
    },
  );
});

test.each([
  [{ $ref: 'Groups/123' }, 'Groups'],
  [{ $ref: 'ServicePrincipals/123' }, 'ServicePrincipals'],
  [{ $ref: 'https://accounts.example/api/2.1/accounts/1/scim/v2/Users/123' }, 'Users'],
  [{ $ref: 'Devices/123' }, undefined],
  [{ $ref: 'Groups/' }, undefined],
  [{ $ref: 'XUsers/1' }, undefined],
  [{}, undefined],
])('the reference %j is to one of %s', (reference, type) => {
  expect(typeOfReference(reference)).toBe(type);
});

test('names with quotes, back-slashes, ampersands and emoji are found as they are', async () => {
  for (const displayName of ['say "hi"', "O'Brien & Sons", 'a\\b', 'Zoë 🚀 100% +1', 'x#y?z=1']) {
    const { id } = await client.create('Groups', { displayName, externalId: displayName });
    expect((await client.find('Groups', 'displayName', displayName)).map(group => group.id)).toEqual([id]);
    expect((await client.find('Groups', 'externalId', displayName)).map(group => group.id)).toEqual([id]);
  }
});

test('a target that ignores a filter does not have a stranger taken for the wanted one', async () => {
  const Resources = [
    { id: '1', userName: 'stranger@b.c' },
    { id: '2', userName: 'WANTED@b.c' },
  ];
  account.databricks.faults.push({ status: 200, times: 1, body: { totalResults: 2, Resources } });
  expect((await client.find('Users', 'userName', 'wanted@b.c')).map(({ id }) => id)).toEqual(['2']);
});
