import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { boundedRequests } from '../identity/bounded-requests.ts';
import { CLOUDS, type CloudName } from '../identity/clouds.ts';
import { RetryLater } from '../identity/errors.ts';
import { withinTime } from '../identity/within-time.ts';

/** One request for a token. */
const REQUEST_TIMEOUT_MS = 15_000;
/** All that a credential tries until it has one. */
const TIMEOUT_MS = 60_000;
/** A token is a few kilobytes. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Where virtual machines ask for tokens of their managed identity (Microsoft Learn, "Azure Instance Metadata Service"). */
const METADATA_SERVICE = '169.254.169.254';

/** Of one process. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The Entra identity that the app has: a managed identity in Azure, the developer's at home. It asks Entra and the
 * managed-identity address of this machine and nobody else, and gives up in time.
 */
export function appCredential(cloud: CloudName, env: Environment = process.env): TokenCredential {
  // Where it is the public cloud, the environment may name an authority of its own.
  const authorityHost = cloud === 'public' ? undefined : CLOUDS[cloud].authorityHost;
  const allows = tokenSources(authorityHost ?? env.AZURE_AUTHORITY_HOST, env);
  const credential = new DefaultAzureCredential({
    ...(authorityHost === undefined ? {} : { authorityHost }),
    redirectOptions: { maxRetries: 0 },
    httpClient: boundedRequests(createDefaultHttpClient(), {
      allows,
      timeoutMs: REQUEST_TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    }),
  });
  return {
    getToken: (scopes, options) =>
      withinTime(
        TIMEOUT_MS,
        abortSignal => credential.getToken(scopes, { ...options, abortSignal }),
        () => new RetryLater(`the credential gave no token in ${TIMEOUT_MS} ms`),
        options?.abortSignal instanceof AbortSignal ? options.abortSignal : undefined,
      ),
  };
}

/**
 * Entra's sign-in hosts over https: the configured one, and those of the public cloud that the library asks about
 * clouds and regions. Managed identities are asked for over http, which does not leave the machine, at the address that
 * the platform gives.
 */
function tokenSources(authorityHost: string | undefined, env: Environment): (url: URL) => boolean {
  const entra = new Set(['login.microsoftonline.com', 'login.microsoft.com', hostOf(authorityHost)]);
  const managed = new Set([
    METADATA_SERVICE,
    hostOf(env.IDENTITY_ENDPOINT),
    hostOf(env.MSI_ENDPOINT),
    hostOf(env.AZURE_POD_IDENTITY_AUTHORITY_HOST),
  ]);
  return ({ protocol, host }) =>
    managed.has(host) ||
    (protocol === 'https:' && (entra.has(host) || host.endsWith('.login.microsoft.com')));
}

function hostOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return URL.parse(address.includes('://') ? address : `https://${address}`)?.host;
}
