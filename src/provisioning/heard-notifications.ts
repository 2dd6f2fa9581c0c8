import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import type { Principal } from '../identity/principal.ts';
import type { SubscribedResource, SubscriptionStates } from '../state/subscription-states.ts';

/** Each instance notes this often that it hears something, in milliseconds, however much that is. */
const NOTE_EVERY_MS = 60_000;

/** Notes that notifications arrive, for whoever watches that they do. */
export class HeardNotifications {
  readonly #states: SubscriptionStates;
  readonly #log: Logger;
  readonly #notedAt = new Map<SubscribedResource, number>();

  constructor(states: SubscriptionStates, log: Logger) {
    this.#states = states;
    this.#log = log;
  }

  /** Keeps nobody waiting: a note that gets lost is made up for by the next one. */
  note(principals: readonly Principal[]): void {
    for (const kind of new Set(principals.map(p => p.kind))) {
      const resource = kind === 'group' ? 'groups' : 'users';
      const at = now();
      if (Math.abs(at - (this.#notedAt.get(resource) ?? 0)) < NOTE_EVERY_MS) continue;
      this.#notedAt.set(resource, at);
      this.#states.noteHeard(resource, at).catch((error: unknown) => {
        this.#notedAt.delete(resource);
        this.#log.warn('notification-not-noted', { error: describeError(error) });
      });
    }
  }
}
