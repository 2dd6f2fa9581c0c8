import { describe, expect, test } from 'vitest';
import { all, startTenant } from './client.ts';

const EXTENSION = `extension_${'0a'.repeat(16)}_costCenter`;
const ann = { id: 'ann', userPrincipalName: 'ann@contoso.com' };

describe('$select', () => {
  test('takes what the resource pages list, and shows what is not set as null or an empty list', async () => {
    await using tenant = await startTenant({ users: [ann] });
    const names = [
      ...['department', 'employeeId', 'mailNickname', 'userType', 'companyName', 'usageLocation'],
      ...['proxyAddresses', 'otherMails', 'businessPhones'],
    ];
    const user = await tenant.client.api('/users/ann').select(names).get();
    expect(user).toMatchObject({ department: null, userType: 'Member', proxyAddresses: [], otherMails: [] });
    const path = '/groups?$select=groupTypes,mailEnabled,onPremisesSamAccountName,uniqueName';
    expect(await all(tenant, path)).toEqual([]);
    expect(await all(tenant, '/servicePrincipals?$select=servicePrincipalType,appRoles,tags')).toEqual([]);
  });

  test.for([
    ['/users/ann', 'extensionAttribute1'],
    ['/users/ann', 'Department'],
    ['/users/ann', 'manager'],
    ['/users', 'onPremisesNothing'],
    ['/groups', 'department'],
    ['/servicePrincipals', 'createdDateTime'],
    ['/users/delta', 'departmnt'],
  ])('%s knows no property %s', async ([path, name]) => {
    await using tenant = await startTenant({ users: [ann] });
    const refused = tenant.client.api(`${path}?$select=id,${name}`).get();
    await expect(refused).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
  });

  test('what is kept outside the directory is read of one user, refused in lists and never tracked', async () => {
    await using tenant = await startTenant({ users: [{ ...ann, skills: ['welding'] }] });
    expect(await tenant.client.api('/users/ann?$select=skills').get()).toMatchObject({ skills: ['welding'] });
    const list = tenant.client.api('/users?$select=id,skills').get();
    await expect(list).rejects.toMatchObject({ statusCode: 501, code: 'NotImplemented' });
    const start = await tenant.client.api('/users/delta?$select=skills&$deltatoken=latest').get();
    tenant.directory.store.update('ann', { skills: ['turning'] });
    const round = await tenant.client.api(tenant.relative(start['@odata.deltaLink'])).get();
    expect(round.value).toEqual([]);
  });

  test('a list of mixed kinds shows of each what it has', async () => {
    await using tenant = await startTenant({
      users: [ann],
      groups: [
        { id: 'g', displayName: 'G', members: ['ann', 'child'] },
        { id: 'child', displayName: 'C' },
      ],
    });
    const members = await all(tenant, '/groups/g/members?$select=id,accountEnabled,groupTypes');
    const strip = ({ '@odata.type': _, ...rest }: Record<string, unknown>) => rest;
    expect(members.map(strip)).toEqual([
      { id: 'ann', accountEnabled: true },
      { id: 'child', groupTypes: [] },
    ]);
  });
});

describe('directory extensions', () => {
  test('are unknown until an application defines them or an object has them', async () => {
    await using tenant = await startTenant({ users: [ann] });
    const path = `/users/ann?$select=id,${EXTENSION}`;
    await expect(tenant.client.api(path).get()).rejects.toMatchObject({ statusCode: 400 });
    tenant.directory.store.defineExtension(EXTENSION);
    expect(await tenant.client.api(path).get()).not.toHaveProperty(EXTENSION);
    tenant.directory.store.update('ann', { [EXTENSION]: '42' });
    expect(await tenant.client.api(path).get()).toHaveProperty(EXTENSION, '42');
  });

  test('that an object has are known for its kind only, and must be spelt as defined', async () => {
    await using tenant = await startTenant({ users: [{ ...ann, [EXTENSION]: '42' }] });
    expect(await all(tenant, `/users?$select=${EXTENSION}`)).toEqual([{ [EXTENSION]: '42' }]);
    for (const path of [
      `/groups?$select=${EXTENSION}`,
      `/users?$select=${EXTENSION.replace('cost', 'Cost')}`,
    ]) {
      await expect(tenant.client.api(path).get()).rejects.toMatchObject({ statusCode: 400 });
    }
  });
});

describe('extension attributes 1 to 15', () => {
  test('are read as one property, and a change names only the parts that change', async () => {
    await using tenant = await startTenant({
      users: [{ ...ann, onPremisesExtensionAttributes: { extensionAttribute1: 'one' } }],
    });
    const read = async () =>
      (await tenant.client.api('/users/ann?$select=onPremisesExtensionAttributes').get())
        .onPremisesExtensionAttributes;
    await tenant.client
      .api('/users/ann')
      .patch({ onPremisesExtensionAttributes: { extensionAttribute2: 'two' } });
    expect(Object.keys(await read())).toHaveLength(15);
    expect(await read()).toMatchObject({
      extensionAttribute1: 'one',
      extensionAttribute2: 'two',
      extensionAttribute3: null,
    });
    await tenant.client
      .api('/users/ann')
      .patch({ onPremisesExtensionAttributes: { extensionAttribute1: null } });
    expect(await read()).toMatchObject({ extensionAttribute1: null, extensionAttribute2: 'two' });
  });
});
