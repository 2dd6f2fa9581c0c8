import { nameOfSecret, signClientState } from '../directory/client-state.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Subscription } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { probeWaitMs } from '../planning/retry-schedule.ts';
import type { State } from '../state/state.ts';
import type { SubscribedResource, SubscriptionState } from '../state/subscription-states.ts';

/**
 * Why a subscription is created: there is none yet, it is gone, it goes to another address, its client state is signed
 * with another secret, or it tells of nothing.
 */
export type SubscriptionNeed = 'missing' | 'gone' | 'other-url' | 'other-secret' | 'silent';

/**
 * How long notifications of a subscription that is gone may still come: Graph tries to deliver them for four hours
 * ("Receive change notifications through webhooks", retries), and the clocks of instances differ.
 */
const DELIVERED_WITHIN_MS = 5 * 3_600_000;

/** Creates one subscription, each with a client state of its own. */
export class SubscriptionCreation {
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #notifications: { readonly url: string; readonly secrets: readonly string[] } | undefined;
  readonly #lifetimeMs: number;
  readonly #log: Logger;

  constructor(o: {
    state: State;
    directory: GraphDirectory;
    notifications: { readonly url: string; readonly secrets: readonly string[] } | undefined;
    lifetimeMs: number;
    log: Logger;
  }) {
    this.#state = o.state;
    this.#directory = o.directory;
    this.#notifications = o.notifications;
    this.#lifetimeMs = o.lifetimeMs;
    this.#log = o.log;
  }

  /**
   * @param replaced what Graph still lists: it allows one per resource, so that this one goes first
   * @returns false when it failed, or the time for another try has not come
   */
  async create(
    resource: SubscribedResource,
    need: SubscriptionNeed,
    replaced: Subscription | undefined,
  ): Promise<boolean> {
    const before = await this.#state.subscriptions.read(resource);
    if ((before?.failure?.notBefore ?? 0) > now()) return false;
    if (need === 'gone' || (need === 'silent' && before?.silences === 0))
      this.#log.error('subscription-lost', { resource, need, subscription: before?.id });
    const [secret = ''] = this.#notifications?.secrets ?? [];
    const generation = Math.max(now(), (before?.generation ?? 0) + 1);
    // Known before it is used: what is signed and not known would be somebody's guess.
    await this.#state.subscriptions.update(resource, state => ({
      generation,
      key: nameOfSecret(secret),
      url: this.#notifications?.url ?? '',
      silences: (state?.silences ?? 0) + (need === 'silent' ? 1 : 0),
      ...(state?.failure && { failure: state.failure }),
      ...(state?.retired && { retired: state.retired }),
    }));
    try {
      if (replaced !== undefined) await this.#directory.deleteSubscription(replaced.id);
      const created = await this.#directory.createSubscription({
        resource: `/${resource}`,
        notificationUrl: this.#notifications?.url ?? '',
        // Cannot be added later, so it is there from the start.
        lifecycleNotificationUrl: this.#notifications?.url ?? '',
        clientState: signClientState(secret, { resource, generation }),
        expiresAt: now() + this.#lifetimeMs,
      });
      await this.#created(resource, created, generation);
      const tries = before?.failure?.tries;
      this.#log.info('subscription-created', { resource, need, subscription: created.id, tries });
      return true;
    } catch (error) {
      await this.#failed(resource, error);
      return false;
    }
  }

  async #created(resource: SubscribedResource, { id }: Subscription, generation: number): Promise<void> {
    await this.#state.subscriptions.update(resource, state => {
      const { failure: _failure, ...rest } = state as SubscriptionState;
      return {
        ...rest,
        id,
        createdAt: now(),
        retired: { before: generation, at: now() + DELIVERED_WITHIN_MS },
      };
    });
  }

  /** One event for each cause; between the tries the waits grow. */
  async #failed(resource: SubscribedResource, error: unknown): Promise<void> {
    const cause = describeError(error);
    let isNew = false;
    const { failure } = await this.#state.subscriptions.update(resource, state => {
      isNew = state?.failure?.cause !== cause;
      const tries = (state?.failure?.tries ?? 0) + 1;
      return {
        ...(state as SubscriptionState),
        failure: { cause, tries, notBefore: now() + probeWaitMs(tries) },
      };
    });
    const fields = { resource, tries: failure?.tries, error: cause };
    if (isNew) this.#log.error('subscription-not-created', fields);
    else this.#log.info('subscription-still-not-created', fields);
  }
}
