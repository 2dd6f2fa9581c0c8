import { ConfigurationError } from '../identity/errors.ts';
import type { ProvisioningConfig } from './provisioning-config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The secrets that targets name by the app setting that holds them.
 * @throws {ConfigurationError} naming the setting, and what asks for it
 */
export function targetSecrets(
  { targets }: ProvisioningConfig,
  env: Environment,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [index, { signIn }] of targets.entries()) {
    if (signIn === undefined || signIn.method === 'entra' || !('setting' in signIn.secret)) continue;
    const { setting } = signIn.secret;
    const versions = secretVersions(env, setting);
    if (versions.length === 0)
      throw new ConfigurationError(
        `The app setting ${setting} is missing. It should hold the ${signIn.method === 'token' ? 'token' : 'client secret'} that targets[${index}].signIn of the provisioning configuration names. Example: ${setting}=@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/databricks)`,
      );
    found.set(setting, versions);
  }
  return found;
}

/** A secret and the one before it, while both are valid: the newest first. */
export function secretVersions(env: Environment, setting: string): string[] {
  return [env[setting], env[`${setting}_PREVIOUS`]].filter(value => value !== undefined);
}
