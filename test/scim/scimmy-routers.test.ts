import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScimClient } from '../../src/scim/client.ts';
import { addMembers, changeAttributes, removeMembers } from '../../src/scim/patch.ts';
import { bearer } from './bearer.ts';
import { type ScimmyServer, startScimmy } from './scimmy-server.ts';

/** Our client against a SCIM server that knows nothing of Databricks or of us. */

const TOKEN = 'scimmy-token';
let scimmy: ScimmyServer;
let stores: ScimmyServer['stores'];
let baseUrl: string;
let client: ScimClient;

beforeAll(async () => {
  scimmy = await startScimmy({ path: '/scim/v2', acceptToken: token => token === TOKEN });
  stores = scimmy.stores;
  baseUrl = `${scimmy.url}/scim/v2`;
  client = new ScimClient({ baseUrl, authorization: bearer(TOKEN), allowInsecureConnection: true });
});

afterAll(async () => {
  await scimmy.close();
  const passed = scenarios.filter(({ outcome }) => outcome === 'passed').length;
  console.info(`scimmy-routers: passed ${passed} of ${scenarios.length}`);
  for (const { name } of scenarios.filter(({ outcome }) => outcome === 'skipped'))
    console.info(`  skipped: ${name}`);
});

const scenarios: { name: string; outcome: 'passed' | 'failed' | 'skipped' }[] = [];

function scenario(name: string, run: () => Promise<void>): void {
  const entry: (typeof scenarios)[number] = { name, outcome: 'failed' };
  scenarios.push(entry);
  test(name, async () => {
    await run();
    entry.outcome = 'passed';
  });
}

/** What the target is not built for. Counted, and named in the summary. */
function skipped(name: string, reason: string): void {
  scenarios.push({ name: `${name} (${reason})`, outcome: 'skipped' });
  test.skip(name, () => {});
}

const user = (name: string) => ({
  userName: `${name}@contoso.com`,
  displayName: name,
  externalId: randomUUID(),
  active: true,
  emails: [{ type: 'work', value: `${name}@contoso.com`, primary: true }],
  name: { givenName: name, familyName: "O'Brien" },
});

scenario('create a user and read it back', async () => {
  const created = await client.create('Users', user('ada'));
  expect(created.id).toEqual(expect.any(String));
  expect(await client.get('Users', created.id)).toMatchObject({ userName: 'ada@contoso.com', active: true });
  expect(stores.Users.get(created.id)).toMatchObject(
    user('ada').name === undefined ? {} : { displayName: 'ada' },
  );
});

scenario('a duplicate user is a 409', async () => {
  await client.create('Users', user('twice'));
  const again = client.create('Users', user('twice'));
  await expect(again).rejects.toMatchObject({
    status: 409,
    scimType: 'uniqueness',
    detail: 'userName is taken',
  });
});

scenario('a create without the required name is a 400', async () => {
  await expect(client.create('Users', { displayName: 'nobody' })).rejects.toMatchObject({ status: 400 });
});

scenario('find a user by name, and find nobody', async () => {
  const { id } = await client.create('Users', user("o'brien"));
  expect((await client.find('Users', 'userName', "o'brien@contoso.com")).map(found => found.id)).toEqual([
    id,
  ]);
  expect(await client.find('Users', 'userName', 'nobody@contoso.com')).toEqual([]);
});

scenario('find a group by external id, with blanks, ampersands and emoji in its name', async () => {
  const { id } = await client.create('Groups', { displayName: 'R&D  é 🚀 (a) [b]', externalId: 'ext 1+1=2' });
  expect((await client.find('Groups', 'externalId', 'ext 1+1=2')).map(found => found.id)).toEqual([id]);
  expect((await client.find('Groups', 'displayName', 'R&D  é 🚀 (a) [b]')).map(found => found.id)).toEqual([
    id,
  ]);
});

scenario('rename a user and a part of the name', async () => {
  const { id } = await client.create('Users', user('before'));
  await client.patch('Users', id, changeAttributes({ displayName: 'after', 'name.givenName': 'After' }));
  const name = { givenName: 'After', familyName: "O'Brien" };
  expect(await client.get('Users', id)).toMatchObject({ displayName: 'after', name });
});

scenario('deactivate and activate a user', async () => {
  const { id } = await client.create('Users', user('leaver'));
  await client.patch('Users', id, changeAttributes({ active: false }));
  expect(stores.Users.get(id)).toMatchObject({ active: false });
  await client.patch('Users', id, changeAttributes({ active: true }));
  expect((await client.get('Users', id))?.active).toBe(true);
});

scenario('give and take roles and entitlements, and clear a part of the name', async () => {
  const { id } = await client.create('Users', {
    ...user('admin'),
    roles: [{ value: 'old' }, { value: 'kept' }],
  });
  const changes = {
    'roles[value eq "new"]': true,
    'roles[value eq "old"]': false,
    'entitlements[value eq "workspace-access"]': true,
    'entitlements[value eq "databricks-sql-access"]': true,
    'name.givenName': '',
    'emails[type eq "work"].value': 'changed@contoso.com',
    displayName: '',
  };
  await client.patch('Users', id, changeAttributes(changes));
  const read = await client.get('Users', id);
  expect(read).toMatchObject({ emails: [{ type: 'work', value: 'changed@contoso.com' }] });
  expect([read?.displayName, read?.name?.givenName, read?.name?.familyName]).toEqual([
    undefined,
    undefined,
    "O'Brien",
  ]);
  expect(read?.roles?.map(({ value }) => value)).toEqual(['kept', 'new']);
  expect(read?.entitlements?.map(({ value }) => value)).toEqual([
    'workspace-access',
    'databricks-sql-access',
  ]);
});

scenario('a PATCH that changes nothing is a success', async () => {
  const { id } = await client.create('Users', user('same'));
  await client.patch('Users', id, changeAttributes({ displayName: 'same' }));
});

scenario('delete a user, twice', async () => {
  const { id } = await client.create('Users', user('gone'));
  await client.delete('Users', id);
  await client.delete('Users', id);
  expect(await client.get('Users', id)).toBeUndefined();
});

scenario('a PATCH of what is not there is a 404', async () => {
  const patch = client.patch('Users', randomUUID(), changeAttributes({ active: false }));
  await expect(patch).rejects.toMatchObject({ status: 404 });
});

scenario('create and rename a group', async () => {
  const { id } = await client.create('Groups', { displayName: 'old name', externalId: randomUUID() });
  await client.patch('Groups', id, changeAttributes({ displayName: 'new name' }));
  expect((await client.find('Groups', 'displayName', 'new name')).map(group => group.id)).toEqual([id]);
  await expect(client.create('Groups', { displayName: 'new name' })).rejects.toMatchObject({ status: 409 });
});

scenario('add and remove members, some of many', async () => {
  const { id } = await client.create('Groups', { displayName: 'members' });
  const ids = Array.from({ length: 120 }, (_, i) => `member-${i}`);
  await client.patch('Groups', id, addMembers(ids));
  await client.patch('Groups', id, removeMembers(ids.slice(10)));
  const group = await client.get('Groups', id);
  expect(group?.members?.map(member => member.value)).toEqual(ids.slice(0, 10));
});

scenario('take the last members out of a group', async () => {
  const { id } = await client.create('Groups', {
    displayName: 'emptied',
    members: [{ value: 'a' }, { value: 'b' }],
  });
  await client.patch('Groups', id, removeMembers(['a', 'b']));
  expect((await client.get('Groups', id))?.members ?? []).toEqual([]);
});

scenario('read a list of several pages to its end', async () => {
  for (let i = 0; i < 205; i++) await client.create('Groups', { displayName: `page ${i}` });
  const names: (string | undefined)[] = [];
  const before = client.requestCount;
  for await (const page of client.list('Groups', { attributes: ['displayName'] })) {
    names.push(...page.map(group => group.displayName));
  }
  expect(new Set(names).size).toBe(stores.Groups.size);
  expect(names.length).toBe(stores.Groups.size);
  expect(client.requestCount - before).toBe(3);
});

scenario('create, find, change and delete a service principal', async () => {
  const applicationId = randomUUID();
  const { id } = await client.create('ServicePrincipals', {
    applicationId,
    displayName: 'etl',
    active: true,
  });
  const found = await client.find('ServicePrincipals', 'applicationId', applicationId);
  expect(found.map(principal => principal.id)).toEqual([id]);
  await client.patch('ServicePrincipals', id, changeAttributes({ active: false, displayName: 'elt' }));
  expect(await client.get('ServicePrincipals', id)).toMatchObject({ active: false, displayName: 'elt' });
  await expect(client.create('ServicePrincipals', { applicationId })).rejects.toMatchObject({ status: 409 });
  await client.delete('ServicePrincipals', id);
  expect(await client.get('ServicePrincipals', id)).toBeUndefined();
});

scenario('a wrong token is a 401', async () => {
  const stranger = new ScimClient({ baseUrl, authorization: bearer('other'), allowInsecureConnection: true });
  await expect(stranger.get('Users', '1')).rejects.toMatchObject({ status: 401 });
});

skipped('reserved group names', 'a rule of Databricks');
skipped('user names that PATCH leaves as they are', 'a rule of Databricks');
skipped('429 with Retry-After', 'scimmy-routers has no limits');
