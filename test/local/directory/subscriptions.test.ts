import { afterEach, describe, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { newUser, sorted, startTenant, TENANT, until } from './client.ts';
import { startSubscriber } from './subscriber.ts';

const wanted = (notificationUrl: string, more: object = {}) => ({
  changeType: 'updated,deleted',
  notificationUrl,
  resource: '/users',
  clientState: 'secret',
  expirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
  ...more,
});

let clock: TestClock | undefined;
afterEach(() => clock?.dispose());

describe('subscriptions', () => {
  test('the endpoint must hand back the decoded token as text', async () => {
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    const answers: ((token: string) => { status: number; type: string; body: string })[] = [
      token => ({ status: 200, type: 'text/plain', body: encodeURIComponent(token) }),
      token => ({ status: 200, type: 'application/json', body: token }),
      token => ({ status: 202, type: 'text/plain', body: token }),
    ];
    for (const answer of answers) {
      subscriber.answer = answer;
      const attempt = tenant.client.api('/subscriptions').post(wanted(subscriber.url));
      await expect(attempt).rejects.toMatchObject({ statusCode: 400, code: 'ValidationError' });
    }
    subscriber.answer = token => ({ status: 200, type: 'text/plain; charset=utf-8', body: token });
    const created = await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    expect(created).toMatchObject({ resource: '/users', clientState: 'secret' });
  });

  test('limits: client state, life, duplicates', async () => {
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    const create = (more: object) => tenant.client.api('/subscriptions').post(wanted(subscriber.url, more));
    await expect(create({ clientState: 'x'.repeat(129) })).rejects.toMatchObject({ statusCode: 400 });
    const tooFar = new Date(Date.now() + 41_761 * 60_000).toISOString();
    await expect(create({ expirationDateTime: tooFar })).rejects.toMatchObject({ statusCode: 400 });
    await create({});
    await expect(create({ resource: 'Users', changeType: 'deleted,updated' })).rejects.toMatchObject({
      statusCode: 409,
    });
    await create({ resource: 'groups' });
  });

  test('can be read without its client state, renewed, and is gone after it expired', async () => {
    clock = createTestClock();
    clock.install();
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    const { id } = await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    expect((await tenant.client.api('/subscriptions').get()).value).toMatchObject([
      { id, clientState: null },
    ]);
    const later = new Date(Date.now() + 7_200_000).toISOString();
    const renewed = await tenant.client.api(`/subscriptions/${id}`).patch({ expirationDateTime: later });
    expect(renewed).toMatchObject({ id, expirationDateTime: later });
    await tenant.client.api(`/subscriptions/${id}/reauthorize`).post({});
    clock.advance(7_300_000);
    await expect(tenant.client.api(`/subscriptions/${id}`).get()).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('subscriptions that go wrong', () => {
  test('a handshake that is not answered in time refuses the creation with a text of its own', async () => {
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    tenant.directory.faults.handshake = 'timeout';
    const attempt = tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    await expect(attempt).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('timed out'),
    });
    const nobody = tenant.client.api('/subscriptions').post(wanted('http://127.0.0.1:1/'));
    await expect(nobody).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('timed out'),
    });
    tenant.directory.faults.handshake = 'answered';
    await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
  });

  test('they are lost without a word, listed or not', async () => {
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    await using subscriber = await startSubscriber();
    const listed = async () => (await tenant.client.api('/subscriptions').get()).value.length;
    await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    tenant.directory.loseSubscriptions('silent');
    tenant.directory.store.update('ann', { givenName: 'not told' });
    expect([tenant.directory.inFlight, await listed()]).toEqual([0, 1]);
    tenant.directory.loseSubscriptions('removed');
    expect([tenant.directory.inFlight, await listed()]).toEqual([0, 0]);
    expect(subscriber.posts).toBe(0);
  });

  test('until it is authorized again, nothing is told; once it is said to be removed, it is gone', async () => {
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    await using subscriber = await startSubscriber();
    const lifecycle = { lifecycleNotificationUrl: subscriber.url };
    const { id } = await tenant.client.api('/subscriptions').post(wanted(subscriber.url, lifecycle));
    const told = () => subscriber.items.map(({ lifecycleEvent, changeType }) => lifecycleEvent ?? changeType);
    tenant.directory.sendLifecycle('reauthorizationRequired');
    tenant.directory.store.update('ann', { givenName: 'not told' });
    await tenant.client.api(`/subscriptions/${id}/reauthorize`).post({});
    tenant.directory.store.update('ann', { givenName: 'told' });
    await until(() => subscriber.items.length === 2);
    tenant.directory.sendLifecycle('subscriptionRemoved');
    tenant.directory.store.update('ann', { givenName: 'not told either' });
    await until(() => subscriber.items.length === 3 && tenant.directory.inFlight === 0);
    expect(sorted(told())).toEqual(['reauthorizationRequired', 'subscriptionRemoved', 'updated']);
    expect((await tenant.client.api('/subscriptions').get()).value).toEqual([]);
  });
});

describe('notifications', () => {
  test('creation, change and soft deletion arrive as updated, deletion for good as deleted', async () => {
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    const subscription = await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    const { id } = await tenant.client.api('/users').post(newUser('ann@contoso.com'));
    await tenant.client.api(`/users/${id}`).delete();
    await tenant.client.api(`/directory/deletedItems/${id}`).delete();
    await until(() => subscriber.items.length === 3);
    expect(sorted(subscriber.items.map(i => i.changeType))).toEqual(['deleted', 'updated', 'updated']);
    expect(subscriber.items[0]).toMatchObject({
      clientState: 'secret',
      resource: `Users/${id}`,
      resourceData: { '@odata.type': '#Microsoft.Graph.User', id },
      subscriptionId: subscription.id,
      tenantId: TENANT,
    });
  });

  test('a membership change notifies of the group only, an assignment of nobody', async () => {
    await using tenant = await startTenant({
      users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }],
      groups: [{ id: 'g', displayName: 'G' }],
      servicePrincipals: [{ id: 'app' }],
    });
    await using subscriber = await startSubscriber();
    for (const resource of ['/users', '/groups']) {
      await tenant.client.api('/subscriptions').post(wanted(subscriber.url, { resource }));
    }
    tenant.directory.store.assign({ principalId: 'ann', resourceId: 'app' });
    tenant.directory.store.update('app', { displayName: 'Databricks' });
    tenant.directory.store.addMember('g', 'ann');
    await until(() => subscriber.items.length > 0 && tenant.directory.inFlight === 0);
    expect(subscriber.items.map(i => i.resource)).toEqual(['Groups/g']);
  });

  test('are delivered again after a refusal, later and later by the clock, and given up after four hours', async () => {
    clock = createTestClock();
    clock.install();
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    await using subscriber = await startSubscriber();
    const life = { expirationDateTime: new Date(Date.now() + 24 * 3_600_000).toISOString() };
    await tenant.client.api('/subscriptions').post(wanted(subscriber.url, life));
    subscriber.status = 503;
    tenant.directory.store.update('ann', { givenName: 'Ann' });
    await until(() => subscriber.posts === 1 && tenant.directory.inFlight === 0);
    clock.advance(1_000);
    await until(() => subscriber.posts === 2 && tenant.directory.inFlight === 0);
    subscriber.status = 202;
    clock.advance(60_000);
    await until(() => subscriber.items.length === 1);

    subscriber.status = 503;
    tenant.directory.store.update('ann', { givenName: 'Anne' });
    await until(() => subscriber.posts === 4 && tenant.directory.inFlight === 0);
    clock.advance(4 * 3_600_000);
    await until(() => subscriber.posts === 5 && tenant.directory.inFlight === 0);
    subscriber.status = 202;
    clock.advance(3_600_000);
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(subscriber.posts).toBe(5);
  });

  test('can be dropped, doubled, and held back', async () => {
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    await using subscriber = await startSubscriber();
    await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    const { store, faults } = tenant.directory;
    faults.notifications = { drop: true };
    store.update('ann', { givenName: 'lost' });
    faults.notifications = { duplicate: 2 };
    store.update('ann', { givenName: 'thrice' });
    // What the subscriber has seen is not answered yet.
    await until(() => subscriber.items.length === 3 && tenant.directory.inFlight === 0);
    faults.notifications = { hold: true };
    store.update('ann', { givenName: 'held' });
    expect(tenant.directory.inFlight).toBe(0);
    faults.notifications = {};
    faults.releaseHeld();
    await until(() => subscriber.items.length === 4);
  });

  test('reach the subscriber although reads still lag', async () => {
    await using tenant = await startTenant({ users: [{ id: 'ann', userPrincipalName: 'ann@contoso.com' }] });
    await using subscriber = await startSubscriber();
    await tenant.client.api('/subscriptions').post(wanted(subscriber.url));
    tenant.directory.faults.readLagMs = 3_600_000;
    await tenant.client.api('/users/ann').patch({ givenName: 'New' });
    await until(() => subscriber.items.length === 1);
    expect(await tenant.client.api('/users/ann?$select=givenName').get()).toMatchObject({ givenName: null });
  });

  test('lifecycle notifications go to the lifecycle address', async () => {
    await using tenant = await startTenant();
    await using subscriber = await startSubscriber();
    await tenant.client
      .api('/subscriptions')
      .post(wanted(subscriber.url, { lifecycleNotificationUrl: subscriber.url }));
    tenant.directory.sendLifecycle('reauthorizationRequired');
    await until(() => subscriber.items.length === 1);
    expect(subscriber.items[0]).toMatchObject({
      lifecycleEvent: 'reauthorizationRequired',
      clientState: 'secret',
    });
  });
});
