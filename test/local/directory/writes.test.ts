import { afterEach, describe, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { all, newUser, startTenant } from './client.ts';

let clock: TestClock | undefined;
afterEach(() => clock?.dispose());

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

  test('a cloud group goes to the recycle bin; one from on-premises or of Exchange is gone at once', async () => {
    const mail = { mailEnabled: true };
    await using tenant = await startTenant({
      groups: [
        { id: 'cloud', displayName: 'C' },
        { id: 'unified', displayName: 'U', ...mail, groupTypes: ['Unified'] },
        { id: 'synced', displayName: 'S', onPremisesSyncEnabled: true },
        { id: 'exchange', displayName: 'E', ...mail },
      ],
    });
    const ids = ['cloud', 'unified', 'synced', 'exchange'];
    for (const id of ids) await tenant.client.api(`/groups/${id}`).delete();
    const binned = await all(tenant, '/directory/deletedItems/microsoft.graph.group');
    expect(binned.map(g => g.id)).toEqual(['cloud', 'unified']);
    await expect(tenant.client.api('/directory/deletedItems/synced').get()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('what is deleted can be restored for thirty days, and is gone for good after that', async () => {
    clock = createTestClock();
    clock.install();
    await using tenant = await startTenant({
      users: [
        { id: 'ann', userPrincipalName: 'ann@contoso.com' },
        { id: 'bob', userPrincipalName: 'bob@contoso.com' },
      ],
    });
    let link = (await tenant.client.api('/users/delta?$select=id&$deltatoken=latest').get())[
      '@odata.deltaLink'
    ];
    const changesAfter = async (hours: number) => {
      clock?.advance(hours * 3_600_000);
      const round = await tenant.client.api(tenant.relative(link)).get();
      link = round['@odata.deltaLink'];
      return round.value;
    };
    const inBin = async () =>
      (await all(tenant, '/directory/deletedItems/microsoft.graph.user')).map(u => u.id);
    await tenant.client.api('/users/ann').delete();
    await tenant.client.api('/users/bob').delete();
    expect(await changesAfter(1)).toHaveLength(2);
    await tenant.client.api('/directory/deletedItems/bob/restore').post({});
    expect(await changesAfter(5 * 24)).toEqual([{ id: 'bob' }]);
    // A delta token lives for a week, so the month is crossed in steps.
    for (let day = 10; day < 30; day += 5) expect(await changesAfter(5 * 24)).toEqual([]);
    expect(await changesAfter(4 * 24 + 22)).toEqual([]);
    expect(await inBin()).toEqual(['ann']);
    expect(await changesAfter(2)).toEqual([{ id: 'ann', '@removed': { reason: 'deleted' } }]);
    expect(await inBin()).toEqual([]);
    expect(await tenant.client.api('/users/bob').get()).toMatchObject({ id: 'bob' });
  });
});
