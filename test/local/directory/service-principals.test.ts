import { describe, expect, test } from 'vitest';
import { all, sorted, startTenant } from './client.ts';

const ids = (items: Record<string, unknown>[]) => sorted(items.map(i => i.id));

describe('a deleted service principal', () => {
  test('goes to the recycle bin with its assignments and memberships, and comes back with them', async () => {
    await using tenant = await startTenant({
      servicePrincipals: [{ id: 'app' }, { id: 'robot' }],
      groups: [{ id: 'g', displayName: 'G', members: ['robot'] }],
      assignments: [{ principalId: 'robot', resourceId: 'app' }],
    });
    const assigned = async () => (await all(tenant, '/servicePrincipals/app/appRoleAssignedTo')).length;
    const groups = () => all(tenant, '/servicePrincipals/robot/memberOf');
    await tenant.client.api('/servicePrincipals/robot').delete();
    expect(ids(await all(tenant, '/servicePrincipals'))).toEqual(['app']);
    expect(ids(await all(tenant, '/directory/deletedItems/microsoft.graph.servicePrincipal'))).toEqual([
      'robot',
    ]);
    expect(await assigned()).toBe(0);
    await expect(groups()).rejects.toMatchObject({ statusCode: 404 });
    await tenant.client.api('/directory/deletedItems/robot/restore').post({});
    expect([await assigned(), ids(await groups())]).toEqual([1, ['g']]);
  });

  test('that is a managed identity is gone at once', async () => {
    await using tenant = await startTenant({
      servicePrincipals: [{ id: 'vm', servicePrincipalType: 'ManagedIdentity' }],
    });
    const start = await tenant.client.api('/servicePrincipals/delta?$deltatoken=latest').get();
    await tenant.client.api('/servicePrincipals/vm').delete();
    const bin = tenant.client.api('/directory/deletedItems/vm').get();
    await expect(bin).rejects.toMatchObject({ statusCode: 404 });
    const round = await tenant.client.api(tenant.relative(start['@odata.deltaLink'])).get();
    expect(round.value).toEqual([{ id: 'vm', '@removed': { reason: 'deleted' } }]);
  });
});

describe('app roles', () => {
  test('are shown as declared, and only declared ones can be assigned, to those they are for', async () => {
    await using tenant = await startTenant({
      users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }],
      servicePrincipals: [
        {
          id: 'app',
          appRoles: [
            { id: 'people', value: 'Reader', allowedMemberTypes: ['User'] },
            { id: 'robots', value: 'Writer', allowedMemberTypes: ['Application'] },
          ],
        },
        { id: 'robot' },
      ],
    });
    const app = await tenant.client.api('/servicePrincipals/app?$select=appRoles').get();
    expect(app.appRoles[0]).toMatchObject({ id: 'people', value: 'Reader', isEnabled: true });
    const assign = (principalId: string, appRoleId: string) =>
      tenant.client
        .api('/servicePrincipals/app/appRoleAssignedTo')
        .post({ principalId, resourceId: 'app', appRoleId });
    await assign('ann', 'people');
    await assign('robot', 'robots');
    for (const [who, role] of [
      ['ann', 'robots'],
      ['robot', 'people'],
      ['ann', 'undeclared'],
    ] as const) {
      await expect(assign(who, role)).rejects.toMatchObject({ statusCode: 400 });
    }
  });
});

describe('hidden service principals', () => {
  test('are missing from the views that are named, and from no other', async () => {
    await using tenant = await startTenant({
      servicePrincipals: [{ id: 'app' }, { id: 'robot' }],
      groups: [{ id: 'g', displayName: 'G', members: ['robot'] }],
      assignments: [{ principalId: 'robot', resourceId: 'app' }],
    });
    const { faults, store } = tenant.directory;
    const start = async () => {
      const page = await tenant.client.api('/servicePrincipals/delta?$deltatoken=latest').get();
      return tenant.relative(page['@odata.deltaLink']);
    };
    const look = async () => {
      const link = await start();
      store.update('robot', { notes: String(Math.random()) });
      const members = await tenant.client.api('/groups/g/members').version('beta').get();
      const seen = {
        get: await tenant.client
          .api('/servicePrincipals/robot')
          .get()
          .then(
            () => 1,
            () => 0,
          ),
        list: (await all(tenant, '/servicePrincipals')).filter(s => s.id === 'robot').length,
        delta: (await all(tenant, link)).length,
        members: members.value.length,
        assignments: (await all(tenant, '/servicePrincipals/app/appRoleAssignedTo')).length,
      };
      return Object.entries(seen).flatMap(([view, count]) => (count === 0 ? [view] : []));
    };
    expect(await look()).toEqual([]);
    for (const view of ['get', 'list', 'delta', 'members', 'assignments'] as const) {
      faults.hideServicePrincipals = { [view]: ['robot'] };
      expect(await look()).toEqual([view]);
    }
    faults.hideServicePrincipals = ['robot'];
    expect(await look()).toEqual(['get', 'list', 'delta', 'members', 'assignments']);
    faults.hideServicePrincipals = false;
    store.delete('robot');
    faults.hideServicePrincipals = { deleted: true };
    expect(await all(tenant, '/directory/deletedItems/microsoft.graph.servicePrincipal')).toEqual([]);
  });

  test('a change that was hidden from a delta round does not come later', async () => {
    await using tenant = await startTenant({ servicePrincipals: [{ id: 'robot' }] });
    const first = await tenant.client.api('/servicePrincipals/delta?$deltatoken=latest').get();
    tenant.directory.store.update('robot', { accountEnabled: false });
    tenant.directory.faults.hideServicePrincipals = { delta: true };
    const second = await tenant.client.api(tenant.relative(first['@odata.deltaLink'])).get();
    tenant.directory.faults.hideServicePrincipals = false;
    const third = await tenant.client.api(tenant.relative(second['@odata.deltaLink'])).get();
    expect([second.value, third.value]).toEqual([[], []]);
  });
});

describe('hidden membership', () => {
  test('is not told by a delta of groups either', async () => {
    await using tenant = await startTenant({
      users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }],
      groups: [{ id: 'secret', displayName: 'S', visibility: 'HiddenMembership' }],
    });
    const path = '/groups/delta?$select=id,members';
    const start = await tenant.client.api(`${path}&$deltatoken=latest`).get();
    tenant.directory.store.addMember('secret', 'ann');
    expect(await all(tenant, tenant.relative(start['@odata.deltaLink']))).toEqual([]);
    expect(await all(tenant, path)).toEqual([{ id: 'secret' }]);
    tenant.directory.faults.showHiddenMembership = true;
    expect(await all(tenant, tenant.relative(start['@odata.deltaLink']))).toHaveLength(1);
    expect((await all(tenant, path))[0]).toHaveProperty('members@delta');
  });
});
