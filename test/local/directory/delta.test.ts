import { afterEach, describe, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { startTenant, type Tenant } from './client.ts';

type Item = Record<string, unknown> & { id: string; 'members@delta'?: Record<string, unknown>[] };

/** A whole round, and the path of the next one. */
async function round(tenant: Tenant, path: string): Promise<{ items: Item[]; pages: number; next: string }> {
  const items: Item[] = [];
  for (let pages = 1, at = path; ; pages++) {
    const page = await tenant.client.api(at).get();
    items.push(...page.value);
    if (page['@odata.deltaLink']) return { items, pages, next: tenant.relative(page['@odata.deltaLink']) };
    at = tenant.relative(page['@odata.nextLink']);
  }
}

const LATEST = '/users/delta?$select=id,accountEnabled&$deltatoken=latest';
const GROUPS = '/groups/delta?$select=id,members&$deltatoken=latest';

let clock: TestClock | undefined;
afterEach(() => clock?.dispose());

describe('delta', () => {
  test('from the latest token on, only tracked changes come', async () => {
    await using tenant = await startTenant({
      users: [
        { id: 'ann', userPrincipalName: 'ann@contoso.com' },
        { id: 'bob', userPrincipalName: 'bob@contoso.com' },
      ],
    });
    const start = await round(tenant, LATEST);
    expect(start.items).toEqual([]);
    tenant.directory.store.update('ann', { accountEnabled: false });
    tenant.directory.store.update('bob', { jobTitle: 'not selected' });
    const { items, next } = await round(tenant, start.next);
    expect(items).toEqual([{ id: 'ann', accountEnabled: false }]);
    expect((await round(tenant, next)).items).toEqual([]);
    // A link can be read again and gives the same again.
    expect((await round(tenant, start.next)).items).toHaveLength(1);
  });

  test('deletion is @removed "changed", for good "deleted", and a restored user comes without annotation', async () => {
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    let next = (await round(tenant, LATEST)).next;
    const step = async () => {
      const r = await round(tenant, next);
      next = r.next;
      return r.items;
    };
    tenant.directory.store.delete('ann');
    expect(await step()).toEqual([{ id: 'ann', '@removed': { reason: 'changed' } }]);
    tenant.directory.store.restore('ann');
    expect(await step()).toEqual([{ id: 'ann', accountEnabled: true }]);
    tenant.directory.store.delete('ann');
    tenant.directory.store.purge('ann');
    expect(await step()).toEqual([{ id: 'ann', '@removed': { reason: 'deleted' } }]);
  });

  test('members come and go in members@delta; a deleted user does not count as removed', async () => {
    await using tenant = await startTenant({
      users: ['ann', 'bob', 'eve'].map(id => ({ id, userPrincipalName: `${id}@contoso.com` })),
      groups: [{ id: 'g', displayName: 'G', members: ['ann', 'eve'] }],
    });
    const { next } = await round(tenant, GROUPS);
    tenant.directory.store.delete('eve');
    tenant.directory.store.removeMember('g', 'ann');
    tenant.directory.store.addMember('g', 'bob');
    const { items } = await round(tenant, next);
    expect(items).toEqual([
      {
        id: 'g',
        'members@delta': [
          { '@odata.type': '#microsoft.graph.user', id: 'ann', '@removed': { reason: 'deleted' } },
          { '@odata.type': '#microsoft.graph.user', id: 'bob' },
        ],
      },
    ]);
  });

  test('a large group is spread over several items and pages', async () => {
    const users = Array.from({ length: 250 }, (_, i) => ({
      id: `u${i}`,
      userPrincipalName: `u${i}@contoso.com`,
    }));
    const small = Array.from({ length: 100 }, (_, i) => ({ displayName: `S${i}` }));
    await using tenant = await startTenant({
      users,
      groups: [{ id: 'big', displayName: 'Big', members: users.map(u => u.id) }, ...small],
    });
    const { items, pages } = await round(tenant, '/groups/delta?$select=id,members');
    const parts = items.filter(i => i.id === 'big');
    expect([parts.length, pages]).toEqual([3, 2]);
    expect(new Set(parts.flatMap(p => p['members@delta'] ?? []).map(m => m.id)).size).toBe(250);
  });

  test('with return=minimal only what changed is shown', async () => {
    await using tenant = await startTenant({
      users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com', mail: 'a@b' }],
    });
    const { next } = await round(tenant, '/users/delta?$select=displayName,mail&$deltatoken=latest');
    tenant.directory.store.update('ann', { mail: null });
    const page = await tenant.client.api(next).header('Prefer', 'return=minimal').get();
    expect(page.value).toEqual([{ id: 'ann', mail: null }]);
  });

  test('a change that the replica does not know yet comes in a later round', async () => {
    clock = createTestClock();
    clock.install();
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    tenant.directory.faults.readLagMs = 60_000;
    const { next } = await round(tenant, LATEST);
    tenant.directory.store.update('ann', { accountEnabled: false });
    const early = await round(tenant, next);
    expect(early.items).toEqual([]);
    expect(await tenant.client.api('/users/ann?$select=accountEnabled').get()).toMatchObject({
      accountEnabled: true,
    });
    clock.advance(61_000);
    expect((await round(tenant, early.next)).items).toEqual([{ id: 'ann', accountEnabled: false }]);
    expect(await tenant.client.api('/users/ann?$select=accountEnabled').get()).toMatchObject({
      accountEnabled: false,
    });
  });

  test('a token is good for seven days and then answers 410, as after a reset', async () => {
    clock = createTestClock();
    clock.install();
    await using tenant = await startTenant();
    const { next } = await round(tenant, LATEST);
    clock.advance(7 * 24 * 3_600_000 - 60_000);
    await round(tenant, next);
    clock.advance(120_000);
    await expect(round(tenant, next)).rejects.toMatchObject({ statusCode: 410, code: 'syncStateNotFound' });
    const fresh = await round(tenant, LATEST);
    tenant.directory.faults.expireDeltaTokens({ status: 400, code: 'resyncRequired' });
    await expect(round(tenant, fresh.next)).rejects.toMatchObject({
      statusCode: 400,
      code: 'resyncRequired',
    });
  });

  test('$expand, $top and $orderby are refused', async () => {
    await using tenant = await startTenant();
    await expect(tenant.client.api('/groups/delta?$expand=members').get()).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
