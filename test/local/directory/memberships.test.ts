import { describe, expect, test } from 'vitest';
import type { DirectorySeed } from '../../../src/local/directory/types.ts';
import { all, sorted, startTenant, type Tenant } from './client.ts';

const seed: DirectorySeed = {
  users: [
    { id: 'ann', userPrincipalName: 'ann@contoso.com' },
    { id: 'bob', userPrincipalName: 'bob@contoso.com' },
  ],
  devices: [{ id: 'laptop' }],
  servicePrincipals: [{ id: 'robot' }, { id: 'app' }],
  groups: [
    { id: 'outer', displayName: 'Outer', members: ['inner', 'laptop', 'robot'] },
    { id: 'inner', displayName: 'Inner', members: ['ann', 'outer'] },
    { id: 'secret', displayName: 'Secret', visibility: 'HiddenMembership', members: ['bob'] },
  ],
  assignments: [
    { principalId: 'outer', resourceId: 'app' },
    { principalId: 'ann', resourceId: 'app' },
  ],
};

const ids = (items: Record<string, unknown>[]) => sorted(items.map(i => i.id));
const checked = async (tenant: Tenant, id: string, groupIds: string[]) =>
  (await tenant.client.api(`/users/${id}/checkMemberGroups`).post({ groupIds })).value;

describe('memberships', () => {
  test('v1.0 leaves service principals out of member lists, beta does not', async () => {
    await using tenant = await startTenant(seed);
    expect(ids(await all(tenant, '/groups/outer/members'))).toEqual(['inner', 'laptop']);
    const beta = await tenant.client.api('/groups/outer/members').version('beta').get();
    expect(ids(beta.value)).toEqual(['inner', 'laptop', 'robot']);
  });

  test('nested groups, devices and cycles are in the transitive list', async () => {
    await using tenant = await startTenant(seed);
    const members = await all(tenant, '/groups/outer/transitiveMembers?$select=id,accountEnabled&$top=2');
    expect(ids(members)).toEqual(['ann', 'inner', 'laptop', 'outer']);
    expect(members.find(m => m.id === 'ann')).toMatchObject({
      '@odata.type': '#microsoft.graph.user',
      accountEnabled: true,
    });
    expect(ids(await all(tenant, '/users/ann/transitiveMemberOf'))).toEqual(['inner', 'outer']);
    expect(ids(await all(tenant, '/users/ann/memberOf'))).toEqual(['inner']);
    expect(ids(await all(tenant, '/servicePrincipals/robot/transitiveMemberOf'))).toEqual(['inner', 'outer']);
  });

  test('a hidden membership is left out of lists and checks without a word', async () => {
    await using tenant = await startTenant(seed);
    expect(await all(tenant, '/groups/secret/members')).toEqual([]);
    expect(await checked(tenant, 'bob', ['secret'])).toEqual([]);
    tenant.directory.faults.showHiddenMembership = true;
    expect(await checked(tenant, 'bob', ['secret'])).toEqual(['secret']);
  });

  test('checkMemberGroups is transitive and takes at most twenty ids', async () => {
    await using tenant = await startTenant(seed);
    expect(await checked(tenant, 'ann', ['outer', 'secret', 'nothing'])).toEqual(['outer']);
    const many = Array.from({ length: 21 }, (_, i) => `g${i}`);
    await expect(checked(tenant, 'ann', many)).rejects.toMatchObject({ statusCode: 400 });
    await expect(checked(tenant, 'nobody', ['outer'])).rejects.toMatchObject({ statusCode: 404 });
  });

  test('adding who is a member already is a 400, removing who is none a 404', async () => {
    await using tenant = await startTenant(seed);
    const add = (id: string) =>
      tenant.client.api('/groups/inner/members/$ref').post({
        '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}`,
      });
    await add('bob');
    expect(ids(await all(tenant, '/groups/inner/members'))).toEqual(['ann', 'bob', 'outer']);
    await expect(add('bob')).rejects.toMatchObject({ statusCode: 400 });
    await tenant.client.api('/groups/inner/members/bob/$ref').delete();
    await expect(tenant.client.api('/groups/inner/members/bob/$ref').delete()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('a cast needs the eventual index', async () => {
    await using tenant = await startTenant(seed);
    const path = '/groups/outer/transitiveMembers/microsoft.graph.user?$count=true';
    await expect(tenant.client.api(path).get()).rejects.toMatchObject({ statusCode: 400 });
    const found = await tenant.client.api(path).header('ConsistencyLevel', 'eventual').get();
    expect(found).toMatchObject({ '@odata.count': 1, value: [{ id: 'ann' }] });
  });
});

describe('assignments', () => {
  test('are listed on the application and on the principal that holds them itself', async () => {
    await using tenant = await startTenant(seed);
    const held = await all(tenant, '/servicePrincipals/app/appRoleAssignedTo');
    expect(sorted(held.map(a => `${a.principalType} ${a.principalId}`))).toEqual(['Group outer', 'User ann']);
    const own = await tenant.client.api('/groups/inner/appRoleAssignments').get();
    expect(own.value).toEqual([]);
  });

  test('are created once per role, and ended by id', async () => {
    await using tenant = await startTenant(seed);
    const path = '/servicePrincipals/app/appRoleAssignedTo';
    const wanted = {
      principalId: 'bob',
      resourceId: 'app',
      appRoleId: '00000000-0000-0000-0000-000000000000',
    };
    const created = await tenant.client.api(path).post(wanted);
    expect(created).toMatchObject({ principalId: 'bob', principalType: 'User' });
    await expect(tenant.client.api(path).post(wanted)).rejects.toMatchObject({ statusCode: 400 });
    await tenant.client.api(`${path}/${created.id}`).delete();
    const own = await tenant.client.api('/users/bob/appRoleAssignments?$filter=resourceId eq app').get();
    expect(own.value).toEqual([]);
  });

  test('of a principal in the recycle bin vanish and come back', async () => {
    await using tenant = await startTenant(seed);
    const holders = async () =>
      sorted((await all(tenant, '/servicePrincipals/app/appRoleAssignedTo')).map(a => a.principalId));
    await tenant.client.api('/users/ann').delete();
    expect(await holders()).toEqual(['outer']);
    await tenant.client.api('/directory/deletedItems/ann/restore').post({});
    expect(await holders()).toEqual(['ann', 'outer']);
  });
});
