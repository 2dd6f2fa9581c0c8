import { Absent } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Subscription } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import { Permanent } from '../identity/errors.ts';
import type { Logger } from '../identity/logger.ts';

/**
 * Users and groups may be subscribed to for 41,760 minutes at most (Microsoft Graph, "subscription resource type",
 * maximum length of subscription). We ask for a day less, and renew when half of it is over.
 */
const LIFETIME_MS = (41_760 - 24 * 60) * 60_000;
const RENEW_BELOW_MS = LIFETIME_MS / 2;

/** Two tenant-wide subscriptions, never one per group: a tenant and app may have 100 in all. */
const RESOURCES = ['/users', '/groups'] as const;

export interface KeptSubscriptions {
  readonly created: number;
  readonly renewed: number;
}

/** Makes sure that Graph tells us of changes to users and groups. */
export class SubscriptionKeeper {
  readonly #directory: GraphDirectory;
  readonly #notifications: { url: string; clientState: string } | undefined;
  readonly #log: Logger;

  constructor(o: {
    directory: GraphDirectory;
    notifications: { url: string; clientState: string } | undefined;
    log: Logger;
  }) {
    this.#directory = o.directory;
    this.#notifications = o.notifications;
    this.#log = o.log;
  }

  /** Creates what is missing, renews what is half over, and removes surplus ones of ours. */
  async keep(): Promise<KeptSubscriptions> {
    const notifications = this.#notifications;
    if (notifications === undefined) return { created: 0, renewed: 0 };
    const present = await this.#directory.listSubscriptions();
    let created = 0;
    let renewed = 0;
    for (const resource of RESOURCES) {
      const [mine, ...surplus] = present.filter(isOurs(resource, notifications.url));
      for (const { id } of surplus) await this.#directory.deleteSubscription(id);
      if (mine !== undefined && mine.expiresAt - now() >= RENEW_BELOW_MS) continue;
      if (mine !== undefined && (await this.#renew(mine.id))) renewed += 1;
      else {
        await this.#create(resource, notifications);
        created += 1;
      }
    }
    if (created + renewed > 0) this.#log.info('subscriptions-kept', { created, renewed });
    return { created, renewed };
  }

  /** Graph asked for it: a renewal also re-authorizes. One that is gone meanwhile is created anew by {@link keep}. */
  async reauthorize(id: string): Promise<void> {
    if (!(await this.#renew(id))) this.#log.warn('subscription-gone', { subscription: id });
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

  async #create(resource: string, { url, clientState }: { url: string; clientState: string }): Promise<void> {
    try {
      await this.#directory.createSubscription({
        resource,
        notificationUrl: url,
        // Cannot be added later, so it is there from the start.
        lifecycleNotificationUrl: url,
        clientState,
        expiresAt: now() + LIFETIME_MS,
      });
    } catch (error) {
      // A cycle and the timer may be at it at the same moment. Anybody else's subscription is not ours to remove.
      if (!(error instanceof Permanent && error.code === 'SubscriptionExists')) throw error;
      const present = await this.#directory.listSubscriptions();
      if (!present.some(isOurs(resource, url))) throw error;
    }
  }
}

/** Graph stores the resource in its own spelling: `Users`, `/users`. */
function isOurs(resource: string, url: string): (subscription: Subscription) => boolean {
  return subscription =>
    subscription.notificationUrl === url &&
    subscription.resource.toLowerCase().replace(/^\//, '') === resource.slice(1);
}
