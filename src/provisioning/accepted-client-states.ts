import { readClientState } from '../directory/client-state.ts';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import {
  type SubscriptionState,
  type SubscriptionStates,
  subscribedResources,
} from '../state/subscription-states.ts';

/** How old what is known of retired client states may grow before it is read again, in milliseconds. */
const KNOWN_FOR_MS = 5 * 60_000;
const AGAIN_AFTER_MS = 5_000;

/**
 * Tells Graph's notifications from anybody else's. The signature decides, without any read. That a client state is no
 * longer in use is learned in the background: until then it is accepted, since a notification that is dropped is lost,
 * and one too many only costs a look.
 */
export class AcceptedClientStates {
  readonly #secrets: readonly string[];
  readonly #states: SubscriptionStates;
  readonly #log: Logger;
  #retired: ReadonlyMap<string, SubscriptionState['retired']> = new Map();
  #readAgainAt = 0;
  #reading: Promise<void> | undefined;

  constructor(o: { secrets: readonly string[]; states: SubscriptionStates; log: Logger }) {
    this.#secrets = o.secrets;
    this.#states = o.states;
    this.#log = o.log;
  }

  accepts(given: string): boolean {
    const found = readClientState(given, this.#secrets);
    if (found === undefined) return false;
    // Only for what somebody signed who knows the secret: strangers cause no reads.
    if (now() >= this.#readAgainAt) this.#reading ??= this.#read();
    if (found === 'unsigned') return true;
    const retired = this.#retired.get(found.resource);
    return retired === undefined || found.generation >= retired.before || now() < retired.at;
  }

  async #read(): Promise<void> {
    try {
      const retired = new Map<string, SubscriptionState['retired']>();
      for (const resource of subscribedResources)
        retired.set(resource, (await this.#states.read(resource))?.retired);
      this.#retired = retired;
      this.#readAgainAt = now() + KNOWN_FOR_MS;
    } catch (error) {
      this.#log.warn('subscriptions-not-read', { error: describeError(error) });
      this.#readAgainAt = now() + AGAIN_AFTER_MS;
    } finally {
      this.#reading = undefined;
    }
  }
}
