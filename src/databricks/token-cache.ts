import { now } from '../identity/clock.ts';
import { withinTime } from '../identity/within-time.ts';
import { ScimCredentialError } from '../scim/errors.ts';

export interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token is replaced this long before its end, or, when it does not live long, in the last fifth of its life. */
const RENEWED_BEFORE_MS = 2 * 60_000;

/** The least time between two requests for a token to replace one that has not expired. */
const LEAST_BETWEEN_MS = 10_000;

/** For how long a failure is everyone's, if the endpoint asks for no longer wait. */
const FAILED_FOR_MS = 1_000;

/** A token endpoint that does not answer must not keep those waiting who come later. */
const TIMEOUT_MS = 30_000;

/** Keeps a token until shortly before its end, and asks for the next one once for all who wait. */
export class TokenCache {
  readonly #ask: () => Promise<AccessToken>;
  #current: AccessToken | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #renewAt = 0;
  #failed: { error: unknown; forMs: number } | undefined;
  #asking: Promise<void> | undefined;

  /** @param ask throws ScimCredentialError when there is no token. */
  constructor(ask: () => Promise<AccessToken>) {
    this.#ask = ask;
  }

  /** @throws ScimCredentialError when there is no token. */
  async get(): Promise<string> {
    if (!isGood(this.#current)) await this.#askOnce();
    // One that is still good is not given up because the next one cannot be had.
    else if (now() >= this.#renewAt && this.#sinceAsked() > LEAST_BETWEEN_MS)
      await this.#askOnce().catch(() => {});
    if (!isGood(this.#current))
      throw new ScimCredentialError({ reason: 'the one that was given has expired' });
    return this.#current.token;
  }

  /**
   * A token in place of one that was refused. Undefined when there is none: it was asked for a moment ago, or the
   * endpoint gives the same again.
   *
   * @throws ScimCredentialError when the endpoint gives none.
   */
  async another(refused: string): Promise<string | undefined> {
    if (
      this.#current?.token === refused &&
      (this.#asking !== undefined || this.#sinceAsked() > LEAST_BETWEEN_MS)
    ) {
      await this.#askOnce();
    }
    const token = await this.get();
    return token === refused ? undefined : token;
  }

  /** A clock that was set back makes it long ago. */
  #sinceAsked(): number {
    const passed = now() - this.#askedAt;
    return passed < 0 ? Number.POSITIVE_INFINITY : passed;
  }

  #askOnce(): Promise<void> {
    if (this.#failed !== undefined && this.#sinceAsked() < this.#failed.forMs) {
      return Promise.reject(this.#failed.error);
    }
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renew(): Promise<void> {
    this.#askedAt = now();
    this.#failed = undefined;
    try {
      const next = await withinTime(
        TIMEOUT_MS,
        this.#ask,
        () => new ScimCredentialError({ reason: `no answer of the token endpoint in ${TIMEOUT_MS} ms` }),
      );
      this.#current = next;
      this.#renewAt = next.expiresAt - Math.min(RENEWED_BEFORE_MS, (next.expiresAt - this.#askedAt) / 5);
    } catch (error) {
      const asked = error instanceof ScimCredentialError ? (error.retryAfterMs ?? 0) : 0;
      this.#failed = { error, forMs: Math.max(FAILED_FOR_MS, asked) };
      throw error;
    }
  }
}

function isGood(token: AccessToken | undefined): token is AccessToken {
  return token !== undefined && token.expiresAt > now();
}
