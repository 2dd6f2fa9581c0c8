import { now } from '../identity/clock.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type {
  SubscribedResource,
  SubscriptionState,
  SubscriptionStates,
} from '../state/subscription-states.ts';

/**
 * How much later than its notification a change may show in the delta, in milliseconds: a quarter of an hour was seen
 * (Microsoft Graph, "delta query overview", replication delays; microsoft-graph-docs#6376).
 */
const DELTA_LAG_MS = 15 * 60_000;
/** One change alone may be one lost notification; it takes several to tell of a lost subscription. */
const FEWEST_POLLS = 2;
/** A subscription that does not help is not created anew more often than this, in milliseconds. */
const LONGEST_SILENCE_MS = 24 * 3_600_000;

const RESOURCES: Readonly<Partial<Record<PrincipalKind, SubscribedResource>>> = {
  user: 'users',
  group: 'groups',
};

/**
 * Notices that no notification tells of what the polls find. Graph says nothing of a subscription that it lost, nor of
 * notifications that it dropped because the endpoint was slow.
 */
export class NotificationWatch {
  readonly #states: SubscriptionStates;
  /** Undefined: nothing is subscribed to. */
  readonly #silenceMs: number | undefined;

  /** @param o.silenceMs for how long polls may find changes that nobody notified us of */
  constructor(o: { states: SubscriptionStates; silenceMs: number | undefined }) {
    this.#states = o.states;
    this.#silenceMs = o.silenceMs;
  }

  /** A poll found changes of that kind, of which notifications should have told. */
  async pollFound(kind: PrincipalKind): Promise<void> {
    const resource = RESOURCES[kind];
    if (resource === undefined || this.#silenceMs === undefined) return;
    const state = await this.#states.read(resource);
    // What changed before it was created it does not tell of.
    if (state?.createdAt === undefined || now() - state.createdAt < DELTA_LAG_MS) return;
    const isHeard = now() - ((await this.#states.heardAt(resource)) ?? 0) < DELTA_LAG_MS;
    if (isHeard && state.unheard === undefined) return;
    await this.#states.update(resource, before => unheardOf(before ?? state, isHeard));
  }

  /** Whether the subscription has been silent for too long: longer each time that a new one did not help. */
  async isSilent(resource: SubscribedResource, state: SubscriptionState): Promise<boolean> {
    const { unheard, silences } = state;
    if (unheard === undefined || unheard.polls < FEWEST_POLLS || this.#silenceMs === undefined) return false;
    const patience = Math.min(this.#silenceMs * 2 ** silences, Math.max(LONGEST_SILENCE_MS, this.#silenceMs));
    if (now() - unheard.since < patience) return false;
    return ((await this.#states.heardAt(resource)) ?? 0) < unheard.since;
  }
}

function unheardOf({ unheard, ...state }: SubscriptionState, isHeard: boolean): SubscriptionState {
  if (isHeard) return { ...state, silences: 0 };
  return { ...state, unheard: { since: unheard?.since ?? now(), polls: (unheard?.polls ?? 0) + 1 } };
}
