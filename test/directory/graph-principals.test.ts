import { describe, expect, test } from 'vitest';
import { GraphDirectory } from '../../src/directory/graph-directory.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { credential, json, startImpostor, startPair, usersNamed } from './graph.ts';

const COST_CENTER = `extension_${'0a'.repeat(16)}_costCenter`;
const many = (n: number, prefix: string) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

describe('reading service principals', () => {
  test('one, with what tells an application from a managed identity; 404 is undefined', async () => {
    await using pair = await startPair({
      servicePrincipals: [
        { id: 'robot', appId: 'app-1', displayName: 'Robot', accountEnabled: false },
        { id: 'vm', appId: 'app-2', servicePrincipalType: 'ManagedIdentity' },
      ],
    });
    expect(await pair.graph.getServicePrincipal('robot')).toEqual({
      id: 'robot',
      appId: 'app-1',
      displayName: 'Robot',
      accountEnabled: false,
      servicePrincipalType: 'Application',
      properties: {
        id: 'robot',
        appId: 'app-1',
        displayName: 'Robot',
        accountEnabled: false,
        servicePrincipalType: 'Application',
      },
    });
    // Its name in Databricks is the application id, but here it is no key.
    expect(await pair.graph.getServicePrincipal('app-1')).toBeUndefined();
    const found = await pair.graph.getServicePrincipals(['vm', 'robot', 'nothing']);
    expect([...found].map(([id, sp]) => [id, sp?.servicePrincipalType])).toEqual([
      ['vm', 'ManagedIdentity'],
      ['robot', 'Application'],
      ['nothing', undefined],
    ]);
  });

  test('one in the recycle bin is found there and nowhere else; a managed identity not even there', async () => {
    await using pair = await startPair({
      servicePrincipals: [{ id: 'robot' }, { id: 'vm', servicePrincipalType: 'ManagedIdentity' }],
    });
    pair.local.store.delete('robot');
    pair.local.store.delete('vm');
    expect(await pair.graph.getServicePrincipal('robot')).toBeUndefined();
    expect(await pair.graph.listServicePrincipals()).toEqual([]);
    expect(await pair.graph.getDeleted('robot')).toMatchObject({ id: 'robot' });
    expect(await pair.graph.getDeleted('vm')).toBeUndefined();
  });

  test('an answer that does not say whether it is enabled says nothing at all', async () => {
    for (const accountEnabled of [null, undefined]) {
      await using impostor = await startImpostor((_request, response) =>
        json(response, { id: 'robot', appId: 'app', displayName: 'Robot', accountEnabled }),
      );
      const graph = new GraphDirectory({ baseUrl: impostor.url, credential });
      await expect(graph.getServicePrincipal('robot')).rejects.toThrow(RetryLater);
    }
  });
});

describe('listing all of a kind', () => {
  test('users to the last page, guests included, without those in the recycle bin', async () => {
    const ids = many(1100, 'u');
    await using pair = await startPair({
      users: [
        ...usersNamed(...ids),
        { id: 'guest', userPrincipalName: 'g_x.com#EXT#@contoso.com', userType: 'Guest' },
        { id: 'old', userPrincipalName: 'old@contoso.com', userType: null },
      ],
    });
    pair.local.store.delete('u7');
    const users = await pair.graph.listUsers();
    expect(new Set(users.map(u => u.id))).toEqual(
      new Set([...ids.filter(id => id !== 'u7'), 'guest', 'old']),
    );
    expect(users.find(u => u.id === 'guest')?.userType).toBe('Guest');
    expect(users.find(u => u.id === 'old')?.userType).toBeNull();
    expect(pair.graph.requestCount).toBe(2);
  });

  test('groups of every type, and service principals', async () => {
    await using pair = await startPair({
      groups: [
        { id: 'security', displayName: 'S' },
        {
          id: 'unified',
          displayName: 'U',
          securityEnabled: false,
          mailEnabled: true,
          groupTypes: ['Unified', 'DynamicMembership'],
        },
      ],
      servicePrincipals: [{ id: 'robot' }, { id: 'vm' }],
    });
    const groups = await pair.graph.listGroups();
    expect(groups.find(g => g.id === 'unified')).toMatchObject({
      securityEnabled: false,
      mailEnabled: true,
      groupTypes: ['Unified', 'DynamicMembership'],
    });
    expect(groups.find(g => g.id === 'security')).toMatchObject({ mailEnabled: false, groupTypes: [] });
    expect(new Set((await pair.graph.listServicePrincipals()).map(s => s.id))).toEqual(
      new Set(['robot', 'vm']),
    );
  });

  test('what comes twice across pages is there once, and a failing page fails the list', async () => {
    const ids = many(1100, 'u');
    await using pair = await startPair({ users: usersNamed(...ids) });
    pair.local.faults.repeatAcrossPages = true;
    expect(await pair.graph.listUsers()).toHaveLength(1100);
    pair.local.faults.fail = [{ path: /skiptoken/, status: 500, times: 1 }];
    await expect(pair.graph.listUsers()).rejects.toThrow(RetryLater);
  });

  test('of two mentions of one object the later one counts', async () => {
    const mention = (displayName: string) => ({
      id: 'g',
      displayName,
      securityEnabled: true,
      groupTypes: [],
    });
    await using impostor = await startImpostor((request, response) => {
      if (request.url?.includes('page=2')) return json(response, { value: [mention('New')] });
      const next = `${impostor.url}/v1.0/groups?page=2`;
      json(response, { value: [mention('Old')], '@odata.nextLink': next });
    });
    const graph = new GraphDirectory({ baseUrl: impostor.url, credential });
    expect((await graph.listGroups()).map(g => g.displayName)).toEqual(['New']);
  });
});

describe('reading along what the mappings need', () => {
  const seed = {
    users: [
      {
        id: 'ann',
        userPrincipalName: 'ann@contoso.com',
        department: 'R&D',
        onPremisesExtensionAttributes: { extensionAttribute1: 'E-1' },
        [COST_CENTER]: 42,
      },
      { id: 'bob', userPrincipalName: 'bob@contoso.com' },
    ],
    groups: [{ id: 'g', displayName: 'G', description: 'All of us' }],
    servicePrincipals: [{ id: 'robot', notes: 'Runs at night' }],
  };
  const select = {
    user: ['department', 'onPremisesExtensionAttributes', 'otherMails', COST_CENTER],
    group: ['description'],
    servicePrincipal: ['notes'],
  };

  test('every read carries it, raw, one by one and in lists', async () => {
    await using pair = await startPair(seed, { select });
    const { graph } = pair;
    const properties = {
      department: 'R&D',
      otherMails: [],
      onPremisesExtensionAttributes: { extensionAttribute1: 'E-1', extensionAttribute15: null },
      [COST_CENTER]: 42,
    };
    expect((await graph.getUser('ann'))?.properties).toMatchObject(properties);
    expect((await graph.getUsers(['ann'])).get('ann')?.properties).toMatchObject(properties);
    expect((await graph.listUsers()).find(u => u.id === 'ann')?.properties).toMatchObject(properties);
    expect((await graph.getGroup('g'))?.properties).toMatchObject({ description: 'All of us' });
    expect((await graph.listGroups())[0]?.properties).toMatchObject({ description: 'All of us' });
    expect((await graph.listServicePrincipals())[0]?.properties).toMatchObject({ notes: 'Runs at night' });
  });

  test('the same object reads the same, however it was asked for', async () => {
    await using pair = await startPair(seed, { select });
    const { graph } = pair;
    const one = await graph.getUser('ann');
    expect((await graph.getUsers(['ann'])).get('ann')).toEqual(one);
    expect((await graph.listUsers()).find(u => u.id === 'ann')).toEqual(one);
  });

  test('an extension without a value may be missing altogether', async () => {
    await using pair = await startPair(seed, { select });
    expect((await pair.graph.getUser('bob'))?.properties).not.toHaveProperty(COST_CENTER);
  });

  test('a property that Graph does not know is refused for good', async () => {
    await using pair = await startPair(seed, { select: { user: ['costCentre'] } });
    await expect(pair.graph.getUser('ann')).rejects.toThrow(Permanent);
    await expect(pair.graph.listUsers()).rejects.toThrow(Permanent);
    await expect(pair.graph.startDelta('user')).rejects.toThrow(Permanent);
  });
});
