import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { NotificationItem } from '../directory/notifications.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import type { ChangeQueue, HeardChange } from '../messaging/change-queue.ts';

export interface Received {
  /** Messages that were put on the queue. */
  readonly sent: number;
  /** Items that are not ours: wrong secret, other tenant, or about something that is not provisioned. */
  readonly dropped: number;
  /** Subscriptions that Graph wants to be re-authorized. */
  readonly reauthorize: readonly string[];
}

/** Puts what Graph notifies us of on the queue, for every target. Resolves when all of it is durable. */
export class NotificationReceiver {
  readonly #o: {
    readonly queue: ChangeQueue;
    readonly targets: readonly string[];
    readonly tenantId: string;
    readonly clientState: string;
    readonly log: Logger;
  };

  constructor(o: {
    queue: ChangeQueue;
    targets: readonly string[];
    tenantId: string;
    clientState: string;
    log: Logger;
  }) {
    this.#o = o;
  }

  /** @throws when the queue did not take everything before `signal` was aborted: Graph then sends it all again. */
  async receive(items: readonly NotificationItem[], signal?: AbortSignal): Promise<Received> {
    const { queue, targets, log } = this.#o;
    const ours = items.filter(item => this.#isOurs(item));
    const heardAt = now();
    const changes = ours.flatMap(({ principal }): HeardChange[] =>
      principal === undefined
        ? []
        : targets.map(target => ({
            target,
            principal,
            cause: 'notification',
            heardAt,
            correlationId: randomUUID(),
          })),
    );
    await queue.sendChanges(changes, signal);
    const reauthorize = ours.flatMap(({ lifecycleEvent, subscriptionId }) =>
      lifecycleEvent === 'reauthorizationRequired' ? [subscriptionId] : [],
    );
    const dropped = items.length - ours.length;
    if (dropped > 0) log.warn('notifications-dropped', { dropped });
    return { sent: changes.length, dropped, reauthorize };
  }

  #isOurs({ clientState, tenantId }: NotificationItem): boolean {
    if (clientState === undefined || !sameSecret(clientState, this.#o.clientState)) return false;
    return tenantId === undefined || tenantId.toLowerCase() === this.#o.tenantId.toLowerCase();
  }
}

/** Compares in constant time, whatever the lengths: equal digests mean equal secrets. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
