import { sleep } from '../../identity/clock.ts';
import { type Account, type Caps, PUBLISHED_CAPS } from './account.ts';
import { type Answer, faulty, refused, throttled } from './answer.ts';
import { strike } from './fault-rules.ts';
import { bearerToken, namesOf, parsedBody } from './incoming.ts';
import type { Exchange } from './loopback-server.ts';
import { ReadLag } from './read-lag.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import type { Caller, SignIn, Standings } from './sign-in.ts';
import { type SecondClient, TokenBuckets } from './token-bucket.ts';
import type {
  AttributeWrite,
  EntitlementSemantics,
  FaultRule,
  IncomingRequest,
  LimitedClass,
  Limits,
  Moment,
  RemovalSemantics,
  RequestRecord,
  Semantics,
  ShortLists,
} from './types.ts';

/** Older records are dropped. */
const LONGEST_LOG = 20_000;

const NOBODY: Caller = { isAdmin: false, names: [] };

export type Gate = (request: IncomingRequest) => Promise<void> | void;
export type AfterApply = (request: IncomingRequest & { status: number }) => Promise<void> | void;

/**
 * An account or a workspace: identities, and everything that stands between them and who asks for them. Requests of
 * several hosts may be of one realm: whoever asks for the account through a workspace uses up the account's limits.
 */
export abstract class Realm {
  /** Synchronous access to what is stored, past limits, faults and lag. */
  abstract readonly store: Account;
  /** Requests received, refused ones included. */
  requests = 0;
  /** Received and not yet answered. */
  inFlight = 0;
  /** Those among them that a fault keeps hanging, and that nobody is to wait for. */
  hanging = 0;
  /** Reads that saw an older moment. */
  staleReads = 0;
  /** Lists that left something out, see {@link Realm.shortLists}. */
  shortened = 0;
  /** Requests answered with 429. */
  throttled = 0;
  /** In order of arrival. */
  readonly log: RequestRecord[] = [];
  faults: FaultRule[] = [];
  limits: Limits | 'off';
  /** Reads may show what was true up to this long ago, 60 s at most. */
  readLagMs = 0;
  /** Every read is that far behind, instead of by turns. */
  steadyLag = false;
  removeMembersWithValue: RemovalSemantics = 'removeAll';
  entitlements: EntitlementSemantics;
  /** Whether lists of groups carry their members, as they did until 2025-08 (databricks-sdk-py issue 1118). */
  listsMembers = false;
  /**
   * So many lists to come leave out so many resources at their end, and count without them: an index that lags, or has
   * lost a shard. Guess, adversarial: their total says nothing of it.
   */
  shortLists: ShortLists = { times: 0, leaveOut: 0 };
  /** Who may do less than everything here. */
  readonly callers: Standings = new Map();
  /** Awaited before a request is applied. */
  gate?: Gate;
  /** Awaited after a request was applied, or refused, and before it is answered. */
  afterApply?: AfterApply;

  readonly #lag = new ReadLag();
  readonly #start: Pick<Realm, 'limits' | 'entitlements'>;
  #buckets = new TokenBuckets();
  #secondClient: SecondClient = {};

  constructor(limits: Limits | 'off', entitlements: EntitlementSemantics) {
    this.limits = limits;
    this.entitlements = entitlements;
    this.#start = { limits: copyOf(limits), entitlements };
  }

  /** Everything as it was at the start, but for who may sign in: nobody stored, no faults, no modes, an empty log. */
  reset(): void {
    this.requests = 0;
    this.throttled = 0;
    this.faults = [];
    this.limits = copyOf(this.#start.limits);
    this.readLagMs = 0;
    this.steadyLag = false;
    this.staleFirstReads = false;
    this.shortLists = { times: 0, leaveOut: 0 };
    this.removeMembersWithValue = 'removeAll';
    this.entitlements = this.#start.entitlements;
    this.listsMembers = false;
    this.log.length = 0;
    this.callers.clear();
    this.caps = { ...PUBLISHED_CAPS };
    this.store.clear();
    this.#buckets = new TokenBuckets();
    this.#secondClient = {};
  }

  /** Resource limits. */
  get caps(): Caps {
    return this.store.caps;
  }
  set caps(caps: Caps) {
    this.store.caps = caps;
  }

  /** The first read of each resource after a write to it shows what was before; the next one is right. */
  get staleFirstReads(): boolean {
    return this.store.staleFirstReads;
  }
  set staleFirstReads(on: boolean) {
    this.store.staleFirstReads = on;
  }

  /** From now on, somebody else sends that many requests a second, evenly, to the same limits; `{}` ends it. */
  secondClient(rates: SecondClient): void {
    this.#secondClient = { ...rates };
    this.#buckets.secondClient(rates);
  }
  get secondClientRates(): SecondClient {
    return this.#secondClient;
  }

  get semantics(): Semantics {
    return {
      removal: this.removeMembersWithValue,
      entitlements: this.entitlements,
      userDisplayName: 'kept',
      admit: write => this.admit(write),
    };
  }

  /** What the next read sees. */
  nextMoment(): Moment {
    const moment =
      this.#lag.next(this.readLagMs, this.steadyLag) ?? (this.staleFirstReads ? 'first' : undefined);
    if (moment !== undefined) this.staleReads += 1;
    return moment;
  }

  /** How many of the `count` resources of the next list are shown. */
  nextLength(count: number): number {
    const { times, leaveOut } = this.shortLists;
    if (times <= 0 || leaveOut <= 0 || count === 0) return count;
    this.shortLists = { times: times - 1, leaveOut };
    this.shortened += 1;
    return Math.max(count - leaveOut, 0);
  }

  /** Counts, logs and answers one request; undefined when the client went away in the middle of it. */
  async receive(exchange: Exchange, route: Route, signIn: SignIn): Promise<Answer | 'reset' | undefined> {
    this.requests += 1;
    this.inFlight += 1;
    try {
      const text = await exchange.read();
      if (text === undefined) return undefined;
      const record = this.#record(exchange, route, typeof text === 'string' ? parsedBody(text) : undefined);
      const answer =
        text instanceof Refusal
          ? refused(route.profile, text)
          : await this.#answer(exchange, route, signIn, record, text);
      if (answer !== 'reset') record.status = answer.status;
      return answer;
    } finally {
      this.inFlight -= 1;
    }
  }

  /** @throws Refusal for what this realm does not let anybody write. */
  protected abstract admit(write: AttributeWrite): void;

  async #answer(
    exchange: Exchange,
    route: Route,
    signIn: SignIn,
    incoming: IncomingRequest,
    text: string,
  ): Promise<Answer | 'reset'> {
    const { profile, door } = route;
    const { headers } = exchange;
    let run: () => Answer;
    try {
      const caller = door ? signIn.caller(headers, door) : NOBODY;
      const action = route.action(exchange.method);
      const refusal = this.#throttle(action.requestClass, route);
      if (refusal) return refusal;
      run = () => {
        try {
          return action.run(incoming.body, caller, { headers, text });
        } catch (error) {
          return refused(profile, asRefusal(error, action.failure));
        }
      };
    } catch (error) {
      return refused(profile, asRefusal(error));
    }

    const apply = async (): Promise<Answer> => {
      await this.gate?.(incoming);
      const answer = run();
      await this.afterApply?.({ ...incoming, status: answer.status });
      return answer;
    };
    const fault = strike(this.faults, incoming, door === undefined);
    if (!fault) return apply();
    if (fault.applied) await apply();
    if (fault.hangMs !== undefined) await this.#hang(fault, fault.hangMs, exchange.signal);
    if (fault.reset) return 'reset';
    if (fault.status !== undefined) return faulty(profile, fault, fault.status);
    return apply();
  }

  async #hang({ unattended }: FaultRule, ms: number, signal: AbortSignal): Promise<void> {
    if (unattended) this.hanging += 1;
    try {
      await sleep(ms, signal);
    } finally {
      if (unattended) this.hanging -= 1;
    }
  }

  #throttle(requestClass: LimitedClass | undefined, { profile }: Route): Answer | undefined {
    if (this.limits === 'off' || requestClass === undefined) return undefined;
    const waitMs = this.#buckets.take(requestClass, this.limits);
    if (waitMs <= 0) return undefined;
    this.throttled += 1;
    return throttled(profile, waitMs, this.limits);
  }

  #record({ method, headers }: Exchange, { path }: Route, body: unknown): RequestRecord {
    const record: RequestRecord = {
      at: Date.now(),
      method,
      path,
      body,
      status: 0,
      principalOfWriter: namesOf(bearerToken(headers.authorization) ?? '')[0],
    };
    this.log.push(record);
    if (this.log.length > LONGEST_LOG) this.log.splice(0, LONGEST_LOG / 10);
    return record;
  }
}

function copyOf(limits: Limits | 'off'): Limits | 'off' {
  return limits === 'off' ? limits : { ...limits };
}

function asRefusal(error: unknown, otherwise = 'Unexpected error'): Refusal {
  return error instanceof Refusal ? error : new Refusal(500, otherwise);
}
