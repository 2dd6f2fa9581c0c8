import { randomUUID } from 'node:crypto';
import type { NotificationItem } from '../directory/notifications.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import type { ChangeQueue, HeardChange } from '../messaging/change-queue.ts';
import type { AcceptedClientStates } from './accepted-client-states.ts';
import type { HeardNotifications } from './heard-notifications.ts';

export interface Received {
  /** Messages that were put on the queue. */
  readonly sent: number;
  /** Items that are not ours: wrong secret, other tenant, or about something that is not provisioned. */
  readonly dropped: number;
  /** Subscriptions that Graph wants to be re-authorized. */
  readonly reauthorize: readonly string[];
  /** Graph says that a subscription is gone, or that notifications got lost. */
  readonly check: boolean;
}

/** Subscriptions that one request may have re-authorized, each by a request of ours to Graph. There are two. */
const MOST_REAUTHORIZED = 10;

/** The least time between two lines about dropped notifications; what was dropped meanwhile is in the next one. */
const BETWEEN_LINES_MS = 10_000;

/** Puts what Graph notifies us of on the queue, for every target. Resolves when all of it is durable. */
export class NotificationReceiver {
  readonly #o: {
    readonly queue: ChangeQueue;
    readonly targets: readonly string[];
    readonly tenantId: string;
    readonly clientStates: AcceptedClientStates;
    readonly heard: HeardNotifications;
    readonly log: Logger;
  };
  #dropped = 0;
  #droppedLineAt = Number.NEGATIVE_INFINITY;

  constructor(o: {
    queue: ChangeQueue;
    targets: readonly string[];
    tenantId: string;
    clientStates: AcceptedClientStates;
    heard: HeardNotifications;
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
    this.#o.heard.note(changes.map(({ principal }) => principal));
    const asked = ours.flatMap(({ lifecycleEvent, subscriptionId }) =>
      lifecycleEvent === 'reauthorizationRequired' ? [subscriptionId] : [],
    );
    const reauthorize = [...new Set(asked)].slice(0, MOST_REAUTHORIZED);
    const lost = ours.flatMap(({ lifecycleEvent: event }) =>
      event === 'subscriptionRemoved' || event === 'missed' ? [event] : [],
    );
    for (const event of new Set(lost)) log.warn('notifications-lost', { event });
    const dropped = items.length - ours.length;
    this.#noteDropped(dropped);
    return { sent: changes.length, dropped, reauthorize, check: lost.length > 0 };
  }

  /** Anybody can send what is dropped: a line for each would let anybody fill the log. */
  #noteDropped(count: number): void {
    this.#dropped += count;
    if (this.#dropped === 0 || now() < this.#droppedLineAt) return;
    this.#o.log.warn('notifications-dropped', { dropped: this.#dropped });
    this.#dropped = 0;
    this.#droppedLineAt = now() + BETWEEN_LINES_MS;
  }

  #isOurs({ clientState, tenantId }: NotificationItem): boolean {
    if (clientState === undefined || !this.#o.clientStates.accepts(clientState)) return false;
    return tenantId === undefined || tenantId.toLowerCase() === this.#o.tenantId.toLowerCase();
  }
}
