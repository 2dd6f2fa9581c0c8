import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '../../identity/clock.ts';
import { Account } from './account.ts';
import { type Answer, faulty, refused, throttled } from './answer.ts';
import { serve, targetOf } from './endpoint.ts';
import { strike } from './fault-rules.ts';
import { addressOf, bearerToken, parsedBody, principalOf, readablePath, readBody } from './incoming.ts';
import { failedPatch } from './patch.ts';
import { ACCOUNT_PROFILES, type Profile } from './profile.ts';
import { ReadLag } from './read-lag.ts';
import { noEndpoint, Refusal, unauthenticated } from './refusal.ts';
import { DEFAULT_LIMITS, TokenBuckets } from './token-bucket.ts';
import type {
  EntitlementSemantics,
  FaultRule,
  IncomingRequest,
  Limits,
  RemovalSemantics,
  RequestRecord,
} from './types.ts';

/** Older records are dropped. */
const LONGEST_LOG = 20_000;

/** Before the API version is known, errors have the platform's shape. */
const UNKNOWN_PROFILE = ACCOUNT_PROFILES['2.1'] as Profile;

export interface DatabricksOptions {
  /** 0, the default, is any free port. */
  port?: number;
  accountId: string;
  acceptToken(token: string): boolean;
  limits?: Partial<Limits> | 'off';
}

export type Gate = (request: IncomingRequest) => Promise<void> | void;
export type AfterApply = (request: IncomingRequest & { status: number }) => Promise<void> | void;

/** Account-level SCIM of one Databricks account, on loopback. */
export class LocalDatabricks {
  /** Synchronous access to what is stored, past limits, faults and lag. */
  readonly store: Account = new Account();
  /** Requests received, refused ones included. */
  requests = 0;
  /** Received and not yet answered. */
  inFlight = 0;
  /** Requests answered with 429. */
  throttled = 0;
  /** In order of arrival. */
  readonly log: RequestRecord[] = [];
  faults: FaultRule[] = [];
  limits: Limits | 'off';
  /** Reads may show what was true up to this long ago, 60 s at most. */
  readLagMs = 0;
  removeMembersWithValue: RemovalSemantics = 'removeAll';
  entitlements: EntitlementSemantics = 'ignored';
  /** Awaited before a request is applied. */
  gate?: Gate;
  /** Awaited after a request was applied, or refused, and before it is answered. */
  afterApply?: AfterApply;

  readonly #server: Server;
  readonly #options: DatabricksOptions;
  readonly #buckets = new TokenBuckets();
  readonly #lag = new ReadLag();
  readonly #closing = new AbortController();

  constructor(options: DatabricksOptions) {
    this.#options = options;
    this.limits = options.limits === 'off' ? 'off' : { ...DEFAULT_LIMITS, ...options.limits };
    this.#server = createServer((request, response) => void this.#receive(request, response));
  }

  /** Scheme, host and port. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  get scimUrl(): string {
    return this.#base('2.1');
  }
  get scimUrl20(): string {
    return this.#base('2.0');
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1', () => resolve(this));
    });
  }

  close(): Promise<void> {
    this.#closing.abort(new Error('the local Databricks is closing'));
    return new Promise(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #base(apiVersion: string): string {
    return `${this.url}/api/${apiVersion}/accounts/${this.#options.accountId}/scim/v2`;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    this.inFlight += 1;
    try {
      const text = await readBody(request).catch((error: unknown) =>
        error instanceof Refusal ? error : undefined,
      );
      // Undefined: the client went away in the middle of its request.
      if (text === undefined) return;
      const record = this.#record(request, typeof text === 'string' ? parsedBody(text) : undefined);
      const profile = this.#profile(request);
      const answer =
        text instanceof Refusal ? refused(profile, text) : await this.#answer(request, profile, record);
      if (answer === 'reset') {
        request.socket.resetAndDestroy();
        return;
      }
      record.status = answer.status;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      // Closing: whoever still waits is cut off.
      request.socket.destroy();
    } finally {
      this.inFlight -= 1;
    }
  }

  async #answer(
    request: IncomingMessage,
    profile: Profile,
    incoming: IncomingRequest,
  ): Promise<Answer | 'reset'> {
    const token = bearerToken(request);
    if (token === undefined || !this.#options.acceptToken(token)) return refused(profile, unauthenticated());
    const address = addressOf(request.url ?? '');
    const known = address?.accountId === this.#options.accountId && address.apiVersion === profile.apiVersion;
    if (!address || !known) return refused(profile, noEndpoint());
    let target: ReturnType<typeof targetOf>;
    try {
      target = targetOf(incoming.method, address.path, address.query);
    } catch (error) {
      return refused(profile, asRefusal(error));
    }
    if (this.limits !== 'off') {
      const waitMs = this.#buckets.take(target.requestClass, this.limits);
      if (waitMs > 0) {
        this.throttled += 1;
        return throttled(profile, waitMs, this.limits.retryAfter);
      }
    }

    const apply = async (): Promise<Answer> => {
      await this.gate?.(incoming);
      const answer = this.#apply(target, incoming.body, profile);
      await this.afterApply?.({ ...incoming, status: answer.status });
      return answer;
    };
    const fault = strike(this.faults, incoming);
    if (!fault) return apply();
    if (fault.applied) await apply();
    if (fault.hangMs !== undefined) await sleep(fault.hangMs, this.#closing.signal);
    if (fault.reset) return 'reset';
    if (fault.status !== undefined) return faulty(profile, fault, fault.status);
    return apply();
  }

  #apply(target: ReturnType<typeof targetOf>, body: unknown, profile: Profile): Answer {
    try {
      return serve(target, body, {
        account: this.store,
        profile,
        semantics: { removal: this.removeMembersWithValue, entitlements: this.entitlements },
        locationBase: this.#base(profile.apiVersion),
        instant: target.method === 'GET' ? this.#lag.next(this.readLagMs) : undefined,
      });
    } catch (error) {
      return refused(profile, asRefusal(error, failedPatch(target.type)));
    }
  }

  #profile(request: IncomingMessage): Profile {
    return ACCOUNT_PROFILES[addressOf(request.url ?? '')?.apiVersion ?? ''] ?? UNKNOWN_PROFILE;
  }

  #record(request: IncomingMessage, body: unknown): RequestRecord {
    const address = addressOf(request.url ?? '');
    const record: RequestRecord = {
      at: Date.now(),
      method: request.method ?? '',
      path: address ? readablePath(address) : (request.url ?? ''),
      body,
      status: 0,
      principalOfWriter: principalOf(bearerToken(request) ?? ''),
    };
    this.log.push(record);
    if (this.log.length > LONGEST_LOG) this.log.splice(0, LONGEST_LOG / 10);
    return record;
  }
}

/** Starts the local Databricks. @throws when the port is taken. */
export function startDatabricks(options: DatabricksOptions): Promise<LocalDatabricks> {
  return new LocalDatabricks(options).listen();
}

function asRefusal(error: unknown, otherwise = 'Unexpected error'): Refusal {
  return error instanceof Refusal ? error : new Refusal(500, otherwise);
}
