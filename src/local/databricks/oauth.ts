import { randomBytes } from 'node:crypto';
import { type Answer, json } from './answer.ts';

/** A service principal that may ask for tokens, by its application id. */
export interface OAuthClient {
  /** All of them are valid: a new one is made before the old one is deleted. */
  secrets: string[];
  admin: boolean;
}

/** Microsoft Learn, "Authorize service principal access to Azure Databricks with OAuth": one hour. */
const TOKEN_LIFETIME_S = 3_600;

interface Issued {
  readonly clientId: string;
  readonly issuer: string;
  readonly expiresAt: number;
}

/**
 * The token endpoints of an account and its workspaces (databricks-sdk-go, config: machine-to-machine).
 * Guess: a token is good where it was issued and nowhere else, and ends with the client that it was issued to.
 */
export class OAuthServer {
  readonly clients = new Map<string, OAuthClient>();
  readonly #issued = new Map<string, Issued>();

  /** Answers a request for a token. @param issuer of the account or the workspace that is asked. */
  answer(authorization: string | undefined, form: URLSearchParams, issuer: string): Answer {
    const clientId = this.#clientOf(authorization);
    // Guess: a secret in the form instead of the header is not looked at.
    if (clientId === undefined) return failure(401, 'invalid_client', 'Client authentication failed');
    if (form.get('grant_type') !== 'client_credentials') {
      return failure(400, 'unsupported_grant_type', 'Only client_credentials is supported');
    }
    if (form.get('scope') !== 'all-apis') return failure(400, 'invalid_scope', 'The scope must be all-apis');
    return json(200, {
      access_token: this.#issue(clientId, issuer),
      scope: 'all-apis',
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME_S,
    });
  }

  /** Whose token that is; undefined for what was not issued here, is over or was revoked. */
  holder(token: string, issuer: string): { clientId: string; isAdmin: boolean } | undefined {
    const issued = this.#issued.get(token);
    if (issued?.issuer !== issuer || issued.expiresAt <= Date.now()) return undefined;
    const client = this.clients.get(issued.clientId);
    return client && { clientId: issued.clientId, isAdmin: client.admin };
  }

  /** Ends all tokens, or those of one client, at once. */
  revoke(clientId?: string): void {
    for (const [token, issued] of this.#issued) {
      if (clientId === undefined || issued.clientId === clientId) this.#issued.delete(token);
    }
  }

  #clientOf(authorization: string | undefined): string | undefined {
    const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const [, clientId, secret] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
    if (clientId === undefined || secret === undefined) return undefined;
    return this.clients.get(clientId)?.secrets.includes(secret) ? clientId : undefined;
  }

  #issue(clientId: string, issuer: string): string {
    const now = Date.now();
    for (const [token, { expiresAt }] of this.#issued) if (expiresAt <= now) this.#issued.delete(token);
    const expiresAt = now + TOKEN_LIFETIME_S * 1_000;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: clientId, client_id: clientId, iss: issuer, exp: Math.floor(expiresAt / 1_000) };
    const token = `${part({ alg: 'RS256', typ: 'at+jwt' })}.${part(claims)}.${randomBytes(32).toString('base64url')}`;
    this.#issued.set(token, { clientId, issuer, expiresAt });
    return token;
  }
}

function failure(status: number, error: string, description: string): Answer {
  return json(status, { error, error_description: description });
}
