import type { TokenCredential } from '@azure/identity';
import { CLOUDS, type CloudName } from '../identity/clouds.ts';
import { ConfigurationError } from '../identity/errors.ts';
import { CachedSecret } from './cached-secret.ts';
import { keyVaultSecret } from './key-vault-secret.ts';
import { Rotation } from './rotation.ts';
import { fixedSecret, type SecretReader, type SecretSource } from './secret-source.ts';
import { EntraSignIn, OAuthSignIn, type SignIn, TokenSignIn } from './sign-in.ts';
import { tokenEndpoint } from './token-endpoint.ts';

/**
 * How to sign in to Databricks:
 * - `token`: an account's SCIM token, which works for the SCIM API only, or a workspace's personal access token;
 * - `entra`: the app's own Entra identity, whatever kind that is. For a workspace that it has not joined, with the Azure
 *   resource id of the workspace;
 * - `oauth`: a service principal that Databricks manages.
 */
export type DatabricksCredential =
  | { readonly kind: 'token'; readonly secret: SecretSource }
  | { readonly kind: 'entra'; readonly workspaceResourceId?: string }
  | {
      readonly kind: 'oauth';
      readonly clientId: string;
      readonly secret: SecretSource;
      readonly tokenUrl: string;
    };

const WORKSPACE_RESOURCE =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.Databricks\/workspaces\/[^/\s]+$/i;

/**
 * Turns credentials into ways to sign in. One for the whole process, so that what several targets use is read once; what
 * a target refuses is that target's alone.
 */
export class SignIns {
  readonly #identity: TokenCredential;
  readonly #cloud: CloudName;
  readonly #secrets = new Map<string, SecretReader>();

  /** @param options.identity the app's own, for Entra tokens and for Key Vault. */
  constructor(options: { identity: TokenCredential; cloud?: CloudName }) {
    this.#identity = options.identity;
    this.#cloud = options.cloud ?? 'public';
  }

  /**
   * Opens no connection yet. One for each target: its SCIM client and its other clients share it.
   * @throws ConfigurationError when the credential cannot be one.
   */
  open(credential: DatabricksCredential): SignIn {
    switch (credential.kind) {
      case 'token':
        return new TokenSignIn(this.#rotation(credential.secret));
      case 'oauth': {
        const { clientId, tokenUrl, secret } = credential;
        return new OAuthSignIn(clientId, this.#rotation(secret), tokenEndpoint(tokenUrl, clientId));
      }
      case 'entra': {
        const { workspaceResourceId: resourceId } = credential;
        if (resourceId === undefined) return new EntraSignIn(this.#identity);
        if (!WORKSPACE_RESOURCE.test(resourceId)) {
          throw new ConfigurationError(
            'Databricks workspace resource id: expected the id of the Azure resource, such as /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.Databricks/workspaces/<name>',
          );
        }
        const scope = CLOUDS[this.#cloud].managementScope;
        return new EntraSignIn(this.#identity, { scope, resourceId });
      }
    }
  }

  #rotation(source: SecretSource): Rotation {
    return new Rotation(
      source.kind === 'values' ? fixedSecret(source.values) : this.#vaultSecret(source.secretUrl),
    );
  }

  #vaultSecret(secretUrl: string): SecretReader {
    const key = secretUrl.toLowerCase();
    const known = this.#secrets.get(key);
    if (known !== undefined) return known;
    const secret = new CachedSecret(keyVaultSecret(secretUrl, this.#identity));
    this.#secrets.set(key, secret);
    return secret;
  }
}
