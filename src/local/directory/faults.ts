import { sleep } from '../../identity/clock.ts';
import { GraphFailure } from './errors.ts';
import type { ObjectKind } from './types.ts';

export interface FailRule {
  method?: string;
  /** Matched against path and query, e.g. `/v1.0/users/delta?$deltatoken=…`, of each request and of each batch item. */
  path: RegExp;
  /** 0 cuts the connection without an answer (inside a batch: that of the whole batch). */
  status: number;
  code?: string;
  message?: string;
  retryAfterSeconds?: number;
  /** Held that long before it fails, as something that never answers is by the gateway before it. Time may pass meanwhile. */
  hangMs?: number;
  /** How many requests are still to fail. */
  times: number;
}

export interface ThrottleRule {
  path: RegExp;
  times: number;
  /** Decimals are sent as they are: Graph did. Default 1. */
  retryAfterSeconds?: number;
}

export interface NotificationFaults {
  drop?: boolean;
  /** Additional copies of every notification. */
  duplicate?: number;
  /** Newest first. */
  reorder?: boolean;
  /** Keep back until `releaseHeld()`. */
  hold?: boolean;
}

/** Where a service principal can be looked for. What lies below its own path counts as `get`. */
export type ServicePrincipalView = 'get' | 'list' | 'delta' | 'members' | 'assignments' | 'deleted';

/** How often a fault that has no count of its own was felt. */
export interface FeltFaults {
  /** Reads that were shown something older than the truth. */
  stale: number;
  /** Lists and delta rounds that lost something. */
  truncated: number;
  dropped: number;
  duplicated: number;
  held: number;
  /** Notifications that overtook another one. */
  reordered: number;
}

/** All of them, or those of these ids. */
type Hidden = boolean | readonly string[];

/** Everything that can be made to go wrong, changeable at any moment. */
export class GraphFaults {
  /** Reads show the state of so many milliseconds ago; notifications do not wait for it. */
  readLagMs = 0;
  /** Up to so many more milliseconds, drawn anew for each request: a later read can be older than an earlier one. */
  lagJitter = 0;
  throttle: ThrottleRule[] = [];
  fail: FailRule[] = [];
  notifications: NotificationFaults = {};
  /** `timeout`: the endpoint's answer to the validation of a new subscription does not reach Graph in time. */
  handshake: 'answered' | 'timeout' = 'answered';
  /**
   * Lists (all, or those whose path matches) lose their last page: status 200 and no link to it. The last page of a
   * delta round takes the changes on it along: the link for the next round is behind them.
   */
  truncateLists: boolean | RegExp = false;
  /** Pages after the first (of all lists and delta rounds, or those whose path matches) repeat the last item before them. */
  repeatAcrossPages: boolean | RegExp = false;
  /**
   * Service principals, all or those of these ids, read as if they did not exist: in every view (a lost consent, or a
   * deleted enterprise application), or in single ones.
   */
  hideServicePrincipals: Hidden | Partial<Readonly<Record<ServicePrincipalView, Hidden>>> = false;
  /**
   * Kinds that the caller may not read: member lists tell their type and id only. Source: "Permissions reference",
   * limited information returned for inaccessible member objects.
   */
  unreadableMembers: readonly ObjectKind[] = [];
  /** As if the caller held Member.Read.Hidden. */
  showHiddenMembership: boolean = false;
  /** Called before each request and each batch item is served; the request waits for the promise. */
  gate: ((request: { method: string; path: string }) => Promise<void> | void) | undefined;

  readonly felt: FeltFaults = {
    stale: 0,
    truncated: 0,
    dropped: 0,
    duplicated: 0,
    held: 0,
    reordered: 0,
  };
  /** Requests that a rule keeps hanging. */
  hanging = 0;

  /** Delta tokens of an older generation are refused. */
  deltaGeneration = 0;
  /** How a refused delta token is answered. The docs: "410", or "40X such as syncStateNotFound". */
  deltaRefusal = { status: 410, code: 'syncStateNotFound' };

  readonly #release: () => void;
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Sends what `notifications.hold` kept back. */
  releaseHeld(): void {
    this.#release();
  }

  expireDeltaTokens(
    refusal: { status: number; code: string } = { status: 410, code: 'syncStateNotFound' },
  ): void {
    this.deltaGeneration++;
    this.deltaRefusal = refusal;
  }

  /** @internal The instant whose state the request at hand is shown. */
  readInstant(): number {
    const lag = this.readLagMs + Math.random() * this.lagJitter;
    return lag > 0 ? Date.now() - lag : Number.POSITIVE_INFINITY;
  }

  /** @internal */
  truncates(path: string): boolean {
    return matches(this.truncateLists, path);
  }

  /** @internal */
  repeats(path: string): boolean {
    return matches(this.repeatAcrossPages, path);
  }

  /** @internal Is the object a service principal that this view does not show? */
  hides(view: ServicePrincipalView, { kind, id }: { kind: ObjectKind; id: string }): boolean {
    if (kind !== 'servicePrincipal') return false;
    const all = this.hideServicePrincipals;
    const hidden = typeof all === 'boolean' || isList(all) ? all : (all[view] ?? false);
    return typeof hidden === 'boolean' ? hidden : hidden.includes(id);
  }

  /** @internal @throws GraphFailure when a rule says so; a status of 0 is for the caller to turn into a cut. */
  async check(method: string, path: string): Promise<void> {
    const slow = this.throttle.find(r => r.times > 0 && r.path.test(path));
    if (slow) {
      slow.times--;
      throw new GraphFailure(429, 'TooManyRequests', 'Please retry again later.', {
        'Retry-After': String(slow.retryAfterSeconds ?? 1),
      });
    }
    const rule = this.fail.find(r => r.times > 0 && (!r.method || r.method === method) && r.path.test(path));
    if (!rule) return;
    rule.times--;
    if (rule.hangMs !== undefined) await this.#hang(rule.hangMs);
    throw new GraphFailure(
      rule.status,
      rule.code ?? 'UnknownError',
      rule.message ?? '',
      rule.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(rule.retryAfterSeconds) },
    );
  }

  async #hang(ms: number): Promise<void> {
    this.hanging++;
    try {
      await sleep(ms);
    } finally {
      this.hanging--;
    }
  }
}

function matches(rule: boolean | RegExp, path: string): boolean {
  return rule instanceof RegExp ? rule.test(path) : rule;
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}
