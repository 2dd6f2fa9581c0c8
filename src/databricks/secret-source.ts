import { ConfigurationError } from '../identity/errors.ts';

/**
 * Where a secret comes from. `values`: the app settings, one or two versions, the newest first; they change with a
 * restart only. `keyVault`: the address of the secret without a version, such as
 * `https://my-vault.vault.azure.net/secrets/scim-token`; its newest two versions are used.
 */
export type SecretSource =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'keyVault'; readonly secretUrl: string };

/** One version of a secret. */
export interface SecretVersion {
  readonly value: string;
  /** For the operator: where it is, and which one of those there. */
  readonly name: string;
  /** When it ends, in milliseconds since the epoch, as far as somebody wrote it down. */
  readonly expiresAt?: number;
}

/** Gives the versions of a secret that are worth trying, the newest first, and at least one. */
export interface SecretReader {
  /** What is known, which may be minutes old. @throws ScimCredentialError when nothing is. */
  read(): Promise<readonly SecretVersion[]>;
  /**
   * The same after one of them was refused: read anew, unless that was done a moment ago.
   * @throws ScimCredentialError when it cannot be read.
   */
  readAgain(): Promise<readonly SecretVersion[]>;
  /** Why the last reading failed, if it did. */
  readonly problem: string | undefined;
}

/** What a token or a client secret can hold, so that it can be put into a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** The secret itself: editors and `echo` leave a line break behind it. Undefined when it cannot be one. */
export function usableSecret(text: string | undefined): string | undefined {
  const secret = text?.trim() ?? '';
  return PRINTABLE.test(secret) ? secret : undefined;
}

/** @throws ConfigurationError when there is none, or one that cannot be sent. */
export function fixedSecret(values: readonly string[]): SecretReader {
  const versions = values.map((text, index) => {
    const value = usableSecret(text);
    if (value === undefined) {
      throw new ConfigurationError(
        'Databricks secret in the app settings: empty, or with characters that no secret has; expected one such as dapi0123456789abcdef',
      );
    }
    return { value, name: `the app settings (${index + 1} of ${values.length})` };
  });
  if (versions.length === 0) {
    throw new ConfigurationError('Databricks secret in the app settings: none; expected one or two versions');
  }
  return { read: async () => versions, readAgain: async () => versions, problem: undefined };
}
