import { describe, expect, test } from 'vitest';
import { all, newUser, startTenant } from './client.ts';

describe('writing users and groups', () => {
  test('a user is created, changed and found by name', async () => {
    await using tenant = await startTenant();
    const created = await tenant.client.api('/users').post(newUser('ann@contoso.com'));
    await tenant.client.api(`/users/${created.id}`).patch({ givenName: 'Ann', accountEnabled: false });
    const read = await tenant.client.api('/users/ann@contoso.com?$select=id,givenName,accountEnabled').get();
    expect(read).toMatchObject({ id: created.id, givenName: 'Ann', accountEnabled: false });
  });

  test('what Graph requires is required', async () => {
    await using tenant = await startTenant();
    await expect(tenant.client.api('/users').post({ displayName: 'x' })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(tenant.client.api('/users').post(newUser('x@elsewhere.com'))).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(tenant.client.api('/groups').post({ displayName: 'x' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('a user principal name is taken without regard to case; a display name never is', async () => {
    await using tenant = await startTenant({ groups: [{ displayName: 'Twins' }] });
    const ann = await tenant.client.api('/users').post(newUser('ann@contoso.com'));
    await expect(tenant.client.api('/users').post(newUser('ANN@contoso.com'))).rejects.toMatchObject({
      statusCode: 400,
    });
    await tenant.client.api(`/users/${ann.id}`).patch({ userPrincipalName: 'anna@contoso.com' });
    await tenant.client.api('/users').post(newUser('ann@contoso.com'));
    const group = { displayName: 'Twins', mailEnabled: false, mailNickname: 'twins', securityEnabled: true };
    await tenant.client.api('/groups').post(group);
    expect(await all(tenant, "/groups?$filter=displayName eq 'Twins'")).toHaveLength(2);
  });

  test('a deleted user leaves every list, frees its name, and comes back with its memberships', async () => {
    await using tenant = await startTenant({
      users: [{ id: '0000-ann', userPrincipalName: 'ann@contoso.com' }],
      groups: [{ id: 'g', displayName: 'G', members: ['0000-ann'] }],
    });
    await tenant.client.api('/users/0000-ann').delete();
    await expect(tenant.client.api('/users/0000-ann').get()).rejects.toMatchObject({ statusCode: 404 });
    expect(await all(tenant, '/groups/g/members')).toEqual([]);
    const bin = await tenant.client.api('/directory/deletedItems/0000-ann').get();
    expect(bin).toMatchObject({
      '@odata.type': '#microsoft.graph.user',
      userPrincipalName: '0000annann@contoso.com',
    });
    expect(await all(tenant, '/directory/deletedItems/microsoft.graph.user')).toHaveLength(1);

    const successor = await tenant.client.api('/users').post(newUser('ann@contoso.com'));
    const restore = () => tenant.client.api('/directory/deletedItems/0000-ann/restore').post({});
    await expect(restore()).rejects.toMatchObject({ statusCode: 400 });
    await tenant.client.api(`/users/${successor.id}`).delete();
    await tenant.client.api(`/directory/deletedItems/${successor.id}`).delete();
    await restore();
    expect(await all(tenant, '/groups/g/members')).toMatchObject([{ id: '0000-ann' }]);
    await expect(tenant.client.api(`/directory/deletedItems/${successor.id}`).get()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('a cloud group goes to the recycle bin, one from on-premises is gone at once', async () => {
    await using tenant = await startTenant({
      groups: [
        { id: 'cloud', displayName: 'C' },
        { id: 'synced', displayName: 'S', onPremisesSyncEnabled: true },
      ],
    });
    await tenant.client.api('/groups/cloud').delete();
    await tenant.client.api('/groups/synced').delete();
    expect(await tenant.client.api('/directory/deletedItems/cloud').get()).toMatchObject({ id: 'cloud' });
    await expect(tenant.client.api('/directory/deletedItems/synced').get()).rejects.toMatchObject({
      statusCode: 404,
    });
  });
});
