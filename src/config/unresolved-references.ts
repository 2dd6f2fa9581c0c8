import { ConfigurationError } from '../identity/errors.ts';

const REFERENCE = /^@Microsoft\.(KeyVault|AppConfiguration)\(/i;

/**
 * A reference that the platform could not resolve reaches the process as the text of the reference itself (Microsoft
 * Learn, "Use Key Vault references as app settings"). Taken for the secret, it would be one that everybody knows who
 * reads the template.
 * @throws {ConfigurationError} naming the setting
 */
export function refuseUnresolvedReferences(env: Readonly<Record<string, string | undefined>>): void {
  const name = Object.keys(env).find(key => REFERENCE.test(env[key]?.trim() ?? ''));
  if (name === undefined) return;
  throw new ConfigurationError(
    `The app setting ${name} refers to a secret that the platform could not read. Check that the secret is there and enabled, that the app's identity has the role Key Vault Secrets User at the vault, that keyVaultReferenceIdentity of the app names that identity, and that the vault's network rules admit the app. References are read again when any app setting changes.`,
  );
}
