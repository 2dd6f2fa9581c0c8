import { now } from '../identity/clock.ts';
import { withinTime } from '../identity/within-time.ts';
import { ScimCredentialError } from '../scim/errors.ts';
import type { SecretReader, SecretVersion } from './secret-source.ts';

/** How old a reading may be. A new version of the secret is used after this long, or when the old one is refused. */
const LONGEST_KEPT_MS = 5 * 60_000;

/**
 * The least time between two readings that a refusal, or a failed reading, gives cause for: a target that refuses
 * everything must not have the vault stormed.
 */
const LEAST_BETWEEN_MS = 10_000;

/** Whoever has a version does not wait longer than this for a newer one: a revocation must not wait for a vault. */
const LONGEST_WAIT_MS = 1_000;

/** Reads a secret once for all who ask, and rarely. */
export class CachedSecret implements SecretReader {
  readonly #load: (known: readonly SecretVersion[]) => Promise<readonly SecretVersion[]>;
  #versions: readonly SecretVersion[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #readAgainAt = Number.NEGATIVE_INFINITY;
  #failure: ScimCredentialError | undefined;
  #loading: Promise<void> | undefined;

  /** @param load gets what is known already: the value of a version never changes. */
  constructor(load: (known: readonly SecretVersion[]) => Promise<readonly SecretVersion[]>) {
    this.#load = load;
  }

  get problem(): string | undefined {
    return this.#failure?.message;
  }

  async read(): Promise<readonly SecretVersion[]> {
    if (this.#versions.length > 0) {
      if (age(this.#readAt) > LONGEST_KEPT_MS) await this.#refresh();
      // A vault that is away is no reason to stop, as long as what it gave is accepted.
      return this.#versions;
    }
    if (this.#loading !== undefined || age(this.#readAt) > LEAST_BETWEEN_MS) await this.#loadOnce();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#versions;
  }

  async readAgain(): Promise<readonly SecretVersion[]> {
    if (this.#loading !== undefined || age(this.#readAgainAt) > LEAST_BETWEEN_MS) {
      this.#readAgainAt = now();
      await this.#loadOnce();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#versions;
  }

  async #refresh(): Promise<void> {
    const late = new ScimCredentialError({ reason: 'not yet' });
    await withinTime(
      LONGEST_WAIT_MS,
      () => this.#loadOnce(),
      () => late,
    ).catch((error: unknown) => {
      if (error !== late) throw error;
    });
  }

  #loadOnce(): Promise<void> {
    this.#loading ??= this.#reload().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #reload(): Promise<void> {
    this.#readAt = now();
    try {
      this.#versions = await this.#load(this.#versions);
      this.#failure = undefined;
    } catch (error) {
      if (!(error instanceof ScimCredentialError)) throw error;
      this.#failure = error;
    }
  }
}

/** Milliseconds since then. What lies in the future of a clock that was set back is as good as ages ago. */
function age(instant: number): number {
  const passed = now() - instant;
  return passed < 0 ? Number.POSITIVE_INFINITY : passed;
}
