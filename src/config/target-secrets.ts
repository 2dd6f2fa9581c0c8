import { ConfigurationError } from '../identity/errors.ts';
import type { ProvisioningConfig } from './provisioning-config.ts';
import type { TargetConfig } from './target-config.ts';

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
  for (const [index, target] of targets.entries()) {
    for (const key of ['signIn', 'accountSignIn'] as const) {
      const signIn = target[key];
      if (signIn === undefined || signIn.method === 'entra' || !('setting' in signIn.secret)) continue;
      const { setting } = signIn.secret;
      const versions = secretVersions(env, setting);
      if (versions.length === 0)
        throw new ConfigurationError(
          `The app setting ${setting} is missing. It should hold the ${signIn.method === 'token' ? 'token' : 'client secret'} that targets[${index}].${key} of the provisioning configuration names. Example: ${setting}=@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/databricks)`,
        );
      found.set(setting, versions);
    }
  }
  return found;
}

/**
 * Whether a target that says nothing about signing in is signed in to with the account's SCIM token of the app settings,
 * where there is one.
 */
export function takesScimToken({ place, signIn }: Pick<TargetConfig, 'place' | 'signIn'>): boolean {
  return signIn === undefined && place.kind === 'account' && place.apiVersion === '2.1';
}

/**
 * @throws {ConfigurationError} for workspaces of a target whose one sign-in is the SCIM token of the app settings, which
 * the file itself cannot show
 */
export function refuseWithoutAccountSignIn({ targets }: ProvisioningConfig, env: Environment): void {
  if (env.DATABRICKS_SCIM_TOKEN === undefined) return;
  for (const [index, target] of targets.entries()) {
    if (target.workspaces.length === 0 || target.accountSignIn !== undefined || !takesScimToken(target))
      continue;
    throw new ConfigurationError(
      `targets[${index}].accountSignIn of the provisioning configuration is missing: workspaces need it beside the SCIM token of the app setting DATABRICKS_SCIM_TOKEN, which opens the SCIM API and nothing else. Example: "accountSignIn": { "method": "entra" }`,
    );
  }
}

/** A secret and the one before it, while both are valid: the newest first. */
export function secretVersions(env: Environment, setting: string): string[] {
  return [env[setting], env[`${setting}_PREVIOUS`]].filter(value => value !== undefined);
}
