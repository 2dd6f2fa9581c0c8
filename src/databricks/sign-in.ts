import type { TokenCredential } from '@azure/identity';
import { objectIdOf } from '../identity/token-claims.ts';
import type { ScimAuthorization, Signature } from '../scim/authorization.ts';
import { ScimCredentialError } from '../scim/errors.ts';
import { ENTRA_RESOURCE } from './endpoint.ts';
import type { Rotation } from './rotation.ts';
import { signInFailure } from './sign-in-failure.ts';
import { type AccessToken, TokenCache } from './token-cache.ts';
import { ClientRefused } from './token-endpoint.ts';

/** What is known of a way to sign in: nothing of it is secret. */
export interface SignInState {
  /** Who signs in. */
  readonly by: string;
  /**
   * When what is signed in with ends, in milliseconds since the epoch. Undefined when nobody wrote it down, and for
   * Entra, whose tokens are renewed by themselves.
   */
  readonly expiresAt: number | undefined;
  /** How many versions of the secret are known; 0 where there is no secret. */
  readonly versions: number;
  /** What will be trouble some day: a vault that cannot be read, a version that the target refused. */
  readonly problems: readonly string[];
}

/** One way to sign in to Databricks, and what the operator should know of it. */
export interface SignIn extends ScimAuthorization {
  /** @throws ScimCredentialError when a secret was never read and cannot be read now. */
  describe(): Promise<SignInState>;
}

/** With an account's SCIM token, or a workspace's personal access token. */
export class TokenSignIn implements SignIn {
  readonly #rotation: Rotation;

  constructor(rotation: Rotation) {
    this.#rotation = rotation;
  }

  async sign(refused: readonly Signature[]): Promise<Signature | undefined> {
    const version = await this.#rotation.next(refused.map(bearerOf));
    return version && bearer(version.value, `the token in ${version.name}`);
  }

  async describe(): Promise<SignInState> {
    const { inUse, ...state } = await this.#rotation.describe();
    return { by: `the token in ${inUse}`, ...state };
  }
}

/**
 * With the Entra identity of the app. For a workspace that it has not joined, a second token shows what it may do to
 * the workspace's Azure resource (databricks-sdk-go, config: authentication of Azure service principals).
 *
 * The tokens are the ones without continuous access evaluation, which Databricks does not take part in: they live for
 * an hour, and no claims challenge follows.
 */
export class EntraSignIn implements SignIn {
  readonly #token: TokenCache;
  readonly #management: { token: TokenCache; resourceId: string } | undefined;
  #by = 'the Entra identity of this app';

  constructor(identity: TokenCredential, management?: { scope: string; resourceId: string }) {
    this.#token = new TokenCache(() => entraToken(identity, ENTRA_RESOURCE));
    this.#management = management && {
      token: new TokenCache(() => entraToken(identity, management.scope)),
      resourceId: management.resourceId,
    };
  }

  async sign(refused: readonly Signature[]): Promise<Signature | undefined> {
    const token = await next(this.#token, refused);
    if (token === undefined) return undefined;
    const objectId = objectIdOf(token);
    if (objectId !== undefined) this.#by = `the Entra identity ${objectId}`;
    const signature = bearer(token, this.#by);
    if (this.#management === undefined) return signature;
    const headers = {
      ...signature.headers,
      'X-Databricks-Azure-SP-Management-Token': await this.#management.token.get(),
      'X-Databricks-Azure-Workspace-Resource-Id': this.#management.resourceId,
    };
    return { headers, by: this.#by };
  }

  async describe(): Promise<SignInState> {
    return { by: this.#by, expiresAt: undefined, versions: 0, problems: [] };
  }
}

/** With OAuth for machines: a Databricks service principal and one of its secrets. */
export class OAuthSignIn implements SignIn {
  readonly #by: string;
  readonly #rotation: Rotation;
  readonly #token: TokenCache;

  constructor(clientId: string, rotation: Rotation, askFor: (clientSecret: string) => Promise<AccessToken>) {
    this.#by = `the Databricks service principal ${clientId}`;
    this.#rotation = rotation;
    this.#token = new TokenCache(() => this.#ask(askFor));
  }

  async sign(refused: readonly Signature[]): Promise<Signature | undefined> {
    const token = await next(this.#token, refused);
    return token === undefined ? undefined : bearer(token, this.#by);
  }

  async describe(): Promise<SignInState> {
    const { inUse, ...state } = await this.#rotation.describe();
    return { by: `${this.#by}, with the secret in ${inUse}`, ...state };
  }

  async #ask(askFor: (clientSecret: string) => Promise<AccessToken>): Promise<AccessToken> {
    const refused: string[] = [];
    for (let failure: ClientRefused | undefined; ; ) {
      const version = await this.#rotation.next(refused);
      if (version === undefined) throw failure ?? new ScimCredentialError({ refused: true });
      try {
        return await askFor(version.value);
      } catch (error) {
        if (!(error instanceof ClientRefused)) throw error;
        failure = error;
        refused.push(version.value);
      }
    }
  }
}

async function entraToken(identity: TokenCredential, scope: string): Promise<AccessToken> {
  const token = await identity.getToken(scope).catch((error: unknown) => {
    throw signInFailure(error, `from Entra ID for ${scope}`);
  });
  if (token === null) throw new ScimCredentialError({ reason: `from Entra ID for ${scope}` });
  return { token: token.token, expiresAt: token.expiresOnTimestamp };
}

/** One more token after a refusal, and no third: that one would be refused as well. */
async function next(tokens: TokenCache, refused: readonly Signature[]): Promise<string | undefined> {
  const [first, ...others] = refused;
  if (first === undefined) return tokens.get();
  return others.length > 0 ? undefined : tokens.another(bearerOf(first));
}

function bearer(token: string, by: string): Signature {
  return { headers: { Authorization: `Bearer ${token}` }, by };
}

function bearerOf({ headers }: Signature): string {
  return (headers.Authorization ?? '').slice('Bearer '.length);
}
