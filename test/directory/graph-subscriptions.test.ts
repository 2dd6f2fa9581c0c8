import { describe, expect, test } from 'vitest';
import { Absent } from '../../src/directory/errors.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { startSubscriber } from '../local/directory/subscriber.ts';
import { startPair } from './graph.ts';

const HOUR = 3_600_000;

describe('subscriptions', () => {
  test('are created, listed, renewed, reauthorized and deleted', async () => {
    await using pair = await startPair();
    await using subscriber = await startSubscriber();
    const { graph } = pair;
    const wanted = { resource: '/users', notificationUrl: subscriber.url, clientState: 's' };
    const created = await graph.createSubscription({
      ...wanted,
      lifecycleNotificationUrl: subscriber.url,
      expiresAt: Date.now() + HOUR,
    });
    expect(await graph.listSubscriptions()).toEqual([
      {
        id: created.id,
        resource: '/users',
        changeType: 'updated,deleted',
        notificationUrl: subscriber.url,
        lifecycleNotificationUrl: subscriber.url,
        expiresAt: created.expiresAt,
      },
    ]);
    await expect(graph.createSubscription({ ...wanted, expiresAt: Date.now() + HOUR })).rejects.toMatchObject(
      {
        code: 'SubscriptionExists',
      },
    );
    const later = Date.now() + 2 * HOUR;
    expect(await graph.renewSubscription(created.id, later)).toMatchObject({
      id: created.id,
      expiresAt: later,
    });
    await graph.deleteSubscription(created.id);
    await graph.deleteSubscription(created.id);
    await expect(graph.renewSubscription(created.id, later)).rejects.toThrow(Absent);
  });

  test('an endpoint that does not answer the handshake is final for this attempt', async () => {
    await using pair = await startPair();
    await using subscriber = await startSubscriber();
    subscriber.answer = () => ({ status: 404, type: 'text/plain', body: '' });
    const wanted = {
      resource: '/users',
      notificationUrl: subscriber.url,
      clientState: 's',
      expiresAt: Date.now() + HOUR,
    };
    await expect(pair.graph.createSubscription(wanted)).rejects.toThrow(Permanent);
  });

  test('a creation whose answer got lost is not sent a second time', async () => {
    await using pair = await startPair();
    pair.local.faults.fail = [{ path: /subscriptions/, status: 0, times: 9 }];
    const wanted = {
      resource: '/users',
      notificationUrl: 'http://127.0.0.1:1/',
      clientState: 's',
      expiresAt: Date.now() + HOUR,
    };
    await expect(pair.graph.createSubscription(wanted)).rejects.toThrow(RetryLater);
    expect(pair.graph.requestCount).toBe(1);
  });
});
