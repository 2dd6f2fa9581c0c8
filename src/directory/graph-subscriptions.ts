import type { Subscription as GraphSubscription } from '@microsoft/microsoft-graph-types';
import { now } from '../identity/clock.ts';
import { Permanent } from '../identity/errors.ts';
import { failureOf } from './graph-failures.ts';
import { readAll } from './graph-reads.ts';
import { subscription } from './graph-schemas.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { NewSubscription, Subscription } from './types.ts';

/** Change-notification subscriptions of this application. See the methods of `GraphDirectory` for the meaning. */
export class GraphSubscriptions {
  readonly #graph: GraphTransport;
  constructor(graph: GraphTransport) {
    this.#graph = graph;
  }

  list(): Promise<Subscription[]> {
    const request = { method: 'GET', path: '/subscriptions', what: 'listing the subscriptions' } as const;
    return readAll(this.#graph, request, subscription);
  }

  async create({ expiresAt, ...wanted }: NewSubscription): Promise<Subscription> {
    const what = 'creating a subscription';
    const body: GraphSubscription = {
      ...wanted,
      // Creation and soft deletion arrive as `updated` too. Source: "subscription resource type", changeType.
      changeType: 'updated,deleted',
      expirationDateTime: new Date(expiresAt).toISOString(),
      latestSupportedTlsVersion: 'v1_2',
    };
    // A second request after a lost answer would find the first one's subscription.
    const reply = await this.#graph.send({
      method: 'POST',
      path: '/subscriptions',
      body,
      what,
      repeatable: false,
    });
    if (reply.status === 409) throw new Permanent('SubscriptionExists', `Graph answered 409 when ${what}`);
    if (reply.status !== 201) throw failureOf(what, reply, now());
    return this.#graph.read(subscription, reply, what);
  }

  async renew(id: string, expiresAt: number): Promise<Subscription> {
    const what = 'renewing a subscription';
    const body = { expirationDateTime: new Date(expiresAt).toISOString() };
    const reply = await this.#graph.send({ method: 'PATCH', path: pathOf(id), body, what });
    if (reply.status !== 200) throw failureOf(what, reply, now());
    return this.#graph.read(subscription, reply, what);
  }

  async delete(id: string): Promise<void> {
    const what = 'deleting a subscription';
    const reply = await this.#graph.send({ method: 'DELETE', path: pathOf(id), what });
    if (reply.status >= 300 && reply.status !== 404) throw failureOf(what, reply, now());
  }
}

function pathOf(id: string): string {
  return `/subscriptions/${encodeURIComponent(id)}`;
}
