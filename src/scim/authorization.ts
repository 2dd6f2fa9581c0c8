import {
  type BearerTokenAuthenticationPolicyOptions,
  bearerTokenAuthenticationPolicy,
  type PipelinePolicy,
} from '@azure/core-rest-pipeline';
import { ScimCredentialError } from './errors.ts';

/** Any credential of `@azure/identity`. */
export type EntraCredential = NonNullable<BearerTokenAuthenticationPolicyOptions['credential']>;

/** A static token (the console's account SCIM token), or an Entra credential with the scope to ask for. */
export type ScimCredential = { token: string } | { entra: EntraCredential; scope: string };

/** Adds `Authorization`, and only to requests for `origin`. */
export function authorizationPolicy(credential: ScimCredential, origin: string): PipelinePolicy {
  const authorize = 'token' in credential ? staticToken(credential.token) : entraToken(credential);
  return {
    name: 'scimAuthorizationPolicy',
    sendRequest: (request, next) =>
      new URL(request.url).origin === origin ? authorize.sendRequest(request, next) : next(request),
  };
}

function staticToken(token: string): PipelinePolicy {
  return {
    name: 'staticTokenPolicy',
    sendRequest(request, next) {
      request.headers.set('Authorization', `Bearer ${token}`);
      return next(request);
    },
  };
}

function entraToken({ entra, scope }: { entra: EntraCredential; scope: string }): PipelinePolicy {
  const policy = bearerTokenAuthenticationPolicy({ credential: namingFailures(entra), scopes: scope });
  return {
    name: 'entraTokenPolicy',
    sendRequest(request, next) {
      // The policy refuses http. Whether http is allowed (on loopback only) was decided with the base URL; the
      // policy's token cache and its answer to claims challenges are wanted there too.
      const url = request.url;
      request.url = url.replace(/^http:/, 'https:');
      return policy.sendRequest(request, authorized => {
        authorized.url = url;
        return next(authorized);
      });
    },
  };
}

/** So that "no token" is never taken for an answer, or a silence, of the target. */
function namingFailures(credential: EntraCredential): EntraCredential {
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (cause) {
        throw new ScimCredentialError({ status: statusOf(cause), cause });
      }
    },
  };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
