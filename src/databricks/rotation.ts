import { now } from '../identity/clock.ts';
import { ScimCredentialError } from '../scim/errors.ts';
import type { SecretReader, SecretVersion } from './secret-source.ts';

/** For how long a refused version is tried last: not for good, since a new token may be stored before it is valid. */
const AVOIDED_MS = 10 * 60_000;

/**
 * Chooses among the versions of a secret for one target: the newest first, one that was refused lately last. Whichever
 * order the vault and the target learn of a new version in, the one that the target takes is found.
 */
export class Rotation {
  readonly #secret: SecretReader;
  /** By value. */
  readonly #refusedAt = new Map<string, number>();

  constructor(secret: SecretReader) {
    this.#secret = secret;
  }

  /**
   * The version to use, for somebody of whom these values were refused, the last of them just now. The first refusal
   * has the secret read again. Undefined when every known version was refused.
   *
   * @throws ScimCredentialError when there is no version to try because the secret cannot be read.
   */
  async next(refused: readonly string[]): Promise<SecretVersion | undefined> {
    const last = refused.at(-1);
    if (last === undefined) return this.#ordered(await this.#secret.read())[0];
    this.#refusedAt.set(last, now());
    let failure: ScimCredentialError | undefined;
    const versions = await (refused.length === 1 ? this.#secret.readAgain() : this.#secret.read()).catch(
      (error: unknown) => {
        if (!(error instanceof ScimCredentialError)) throw error;
        failure = error;
        return this.#secret.read();
      },
    );
    const next = this.#ordered(versions).find(({ value }) => !refused.includes(value));
    if (next !== undefined || failure === undefined) return next;
    throw new ScimCredentialError({
      status: 401,
      reason: `for every version that is known of the secret, and it could not be read again: ${failure.message}`,
    });
  }

  /** How many versions there are, which one is next and when it ends, and what the operator should know. */
  async describe(): Promise<{
    inUse: string;
    versions: number;
    expiresAt: number | undefined;
    problems: string[];
  }> {
    const versions = await this.#secret.read();
    const [next] = this.#ordered(versions);
    const { problem } = this.#secret;
    const refused = versions.filter(version => version !== next && this.#refusedLately(version.value) > 0);
    return {
      inUse: next?.name ?? 'nothing',
      versions: versions.length,
      expiresAt: next?.expiresAt,
      problems: [
        ...(problem === undefined ? [] : [problem]),
        ...refused.map(({ name }) => `refused: ${name}`),
      ],
    };
  }

  #ordered(versions: readonly SecretVersion[]): SecretVersion[] {
    // Stable: among equals the newest stays first. Of two that were refused, the one that was so longer ago is better.
    const expired = ({ expiresAt }: SecretVersion): number =>
      Number((expiresAt ?? Number.POSITIVE_INFINITY) <= now());
    return versions.toSorted(
      (a, b) => this.#refusedLately(a.value) - this.#refusedLately(b.value) || expired(a) - expired(b),
    );
  }

  /** When, or 0. */
  #refusedLately(value: string): number {
    const at = this.#refusedAt.get(value) ?? 0;
    return Math.abs(now() - at) < AVOIDED_MS ? at : 0;
  }
}
