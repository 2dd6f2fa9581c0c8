import { randomUUID } from 'node:crypto';
import { nameOfSecret } from '../directory/client-state.ts';
import { Absent } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Subscription } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import type { SourceQuarantine } from '../provisioning/source-quarantine.ts';
import type { State } from '../state/state.ts';
import {
  type SubscribedResource,
  type SubscriptionState,
  subscribedResources,
} from '../state/subscription-states.ts';
import { SubscriptionCreation, type SubscriptionNeed } from './create-subscription.ts';
import type { NotificationWatch } from './notification-watch.ts';

/**
 * Users and groups may be subscribed to for 41,760 minutes at most (Microsoft Graph, "subscription resource type",
 * maximum length of subscription). We ask for a day less, and renew when half of it is over.
 */
const LIFETIME_MS = (41_760 - 24 * 60) * 60_000;
const RENEW_BELOW_MS = LIFETIME_MS / 2;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How often Graph is asked which subscriptions there are, in milliseconds. */
const CHECK_EVERY_MS = 10 * 60_000;

const LEASE = 'subscriptions';
/** Longer than two creations with both of their handshakes can take. */
const LEASE_MS = 120_000;

/** Where notifications go, and what proves that they are Graph's. */
export interface NotificationSettings {
  readonly url: string;
  /** Versions of the secret that client states are signed with, the newest first. */
  readonly secrets: readonly string[];
}

export interface KeptSubscriptions {
  readonly created: number;
  readonly renewed: number;
}

const NOTHING: KeptSubscriptions = { created: 0, renewed: 0 };

/**
 * Makes sure that Graph tells us of changes to users and groups: two tenant-wide subscriptions, never one per group,
 * since a tenant and application may have 100 in all.
 */
export class SubscriptionKeeper {
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #notifications: NotificationSettings | undefined;
  readonly #watch: NotificationWatch;
  readonly #source: SourceQuarantine;
  readonly #creation: SubscriptionCreation;
  readonly #log: Logger;

  constructor(o: {
    state: State;
    directory: GraphDirectory;
    notifications: NotificationSettings | undefined;
    watch: NotificationWatch;
    source: SourceQuarantine;
    log: Logger;
  }) {
    this.#state = o.state;
    this.#directory = o.directory;
    this.#notifications = o.notifications;
    this.#watch = o.watch;
    this.#source = o.source;
    this.#creation = new SubscriptionCreation({ ...o, lifetimeMs: LIFETIME_MS });
    this.#log = o.log;
  }

  /**
   * As {@link keep}, when the last check is long ago, somebody asked for one, the secret or the address was replaced, or
   * a creation is to be tried again.
   */
  async keepIfDue(): Promise<KeptSubscriptions> {
    return (await this.#isDue()) ? this.keep() : NOTHING;
  }

  /** The next tick checks what there is: Graph said that a subscription is gone, or that it lost notifications. */
  async requestCheck(): Promise<void> {
    const { subscriptions } = this.#state;
    await subscriptions.writeCheck({ ...(await subscriptions.readCheck()), requestedAt: now() });
  }

  /**
   * Creates what is missing or of no use, renews what is half over, and removes surplus ones of ours. A creation that
   * fails is tried again later and throws nothing: the poll hears of everything meanwhile.
   */
  async keep(): Promise<KeptSubscriptions> {
    const notifications = this.#notifications;
    if (notifications === undefined || (await this.#source.isOn())) return NOTHING;
    const { leases } = this.#state;
    // A cycle and the timer may be at it at the same moment, and each would take the other's for a surplus one.
    const run = randomUUID();
    const lease = await leases.acquire(LEASE, run, LEASE_MS);
    if (lease === undefined) return NOTHING;
    try {
      return await this.#keepAll(notifications);
    } finally {
      await leases.release(LEASE, lease);
    }
  }

  /** Graph asked for it: a renewal also re-authorizes. One that is gone meanwhile is created anew by the next check. */
  async reauthorize(id: string): Promise<void> {
    if (await this.#renew(id)) return;
    this.#log.warn('subscription-gone', { subscription: id });
    await this.requestCheck();
  }

  async #isDue(): Promise<boolean> {
    if (this.#notifications === undefined) return false;
    const {
      url,
      secrets: [secret = ''],
    } = this.#notifications;
    const { subscriptions } = this.#state;
    const { checkedAt, requestedAt } = await subscriptions.readCheck();
    if (requestedAt > checkedAt || now() - checkedAt >= CHECK_EVERY_MS) return true;
    for (const resource of subscribedResources) {
      const state = await subscriptions.read(resource);
      if (state?.failure !== undefined) {
        if (state.failure.notBefore <= now()) return true;
      } else if (state?.key !== nameOfSecret(secret) || state.url !== url) return true;
    }
    return false;
  }

  async #keepAll(notifications: NotificationSettings): Promise<KeptSubscriptions> {
    const at = now();
    const present = await this.#directory.listSubscriptions();
    let created = 0;
    let renewed = 0;
    for (const resource of subscribedResources) {
      const done = await this.#keepOne(resource, present, notifications);
      if (done === 'created') created += 1;
      if (done === 'renewed') renewed += 1;
    }
    const { checkedAt, requestedAt } = await this.#state.subscriptions.readCheck();
    if (Math.floor(checkedAt / DAY_MS) !== Math.floor(at / DAY_MS)) await this.#sayStates();
    await this.#state.subscriptions.writeCheck({ checkedAt: at, requestedAt });
    if (created + renewed > 0) this.#log.info('subscriptions-kept', { created, renewed });
    return { created, renewed };
  }

  /** Once a day, as Graph shows them: renewals that fail are seen long before notifications end. */
  async #sayStates(): Promise<void> {
    const present = await this.#directory.listSubscriptions();
    for (const resource of subscribedResources) {
      const id = (await this.#state.subscriptions.read(resource))?.id;
      const mine = present.find(one => one.id === id);
      this.#log.info('subscription-state', {
        resource,
        expiresAt: mine === undefined ? 'none' : new Date(mine.expiresAt).toISOString(),
        hoursLeft: mine === undefined ? 0 : Math.floor((mine.expiresAt - now()) / HOUR_MS),
      });
    }
  }

  async #keepOne(
    resource: SubscribedResource,
    present: readonly Subscription[],
    notifications: NotificationSettings,
  ): Promise<'created' | 'renewed' | 'kept'> {
    const state = await this.#state.subscriptions.read(resource);
    const mine = present.find(({ id }) => id === state?.id);
    // Of an earlier release, or of a creation whose answer was lost: nobody knows their client state.
    const surplus = present.filter(isOurs(resource, notifications.url)).filter(({ id }) => id !== mine?.id);
    for (const { id } of surplus) await this.#directory.deleteSubscription(id);
    const need = await this.#needOf(resource, state, mine, notifications);
    if (need !== undefined) return this.#create(resource, need, mine);
    if (mine === undefined || mine.expiresAt - now() >= RENEW_BELOW_MS) return 'kept';
    return (await this.#renew(mine.id)) ? 'renewed' : this.#create(resource, 'gone', undefined);
  }

  async #needOf(
    resource: SubscribedResource,
    state: SubscriptionState | undefined,
    mine: Subscription | undefined,
    { url, secrets: [secret = ''] }: NotificationSettings,
  ): Promise<SubscriptionNeed | undefined> {
    if (state?.id === undefined) return 'missing';
    if (mine === undefined) return 'gone';
    if (mine.notificationUrl !== url) return 'other-url';
    if (state.key !== nameOfSecret(secret)) return 'other-secret';
    return (await this.#watch.isSilent(resource, state)) ? 'silent' : undefined;
  }

  async #create(
    resource: SubscribedResource,
    need: SubscriptionNeed,
    replaced: Subscription | undefined,
  ): Promise<'created' | 'kept'> {
    return (await this.#creation.create(resource, need, replaced)) ? 'created' : 'kept';
  }

  /** False when it is gone. */
  async #renew(id: string): Promise<boolean> {
    try {
      await this.#directory.renewSubscription(id, now() + LIFETIME_MS);
      return true;
    } catch (error) {
      if (error instanceof Absent) return false;
      throw error;
    }
  }
}

/** Graph stores the resource in its own spelling: `Users`, `/users`. */
function isOurs(resource: string, url: string): (subscription: Subscription) => boolean {
  return subscription =>
    subscription.notificationUrl === url &&
    subscription.resource.toLowerCase().replace(/^\//, '') === resource;
}
