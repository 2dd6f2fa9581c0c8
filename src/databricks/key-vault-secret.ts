import { createDefaultHttpClient, type PipelinePolicy } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { SecretClient, type SecretClientOptions, type SecretProperties } from '@azure/keyvault-secrets';
import { boundedRequests, hostsOf } from '../identity/bounded-requests.ts';
import { now } from '../identity/clock.ts';
import { ConfigurationError } from '../identity/errors.ts';
import { isLoopback, mayCarryTokens } from '../identity/service-url.ts';
import { withinTime } from '../identity/within-time.ts';
import { ScimCredentialError } from '../scim/errors.ts';
import { type SecretVersion, usableSecret } from './secret-source.ts';
import { signInFailure } from './sign-in-failure.ts';

/** A rotation needs the new one and the one before it. */
const VERSIONS_USED = 2;

/** Of more than these, somebody would have to have disabled all that are newer. */
const VERSIONS_ASKED = 4;

const TIMEOUT_MS = 10_000;

/** A secret is at most 25 kB, a page of versions less. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * A reader of the newest versions of a Key Vault secret that are enabled, valid already and not expired. When all have
 * expired, the newest that has: the date is information (Microsoft Learn, "About Azure Key Vault secrets"), the target
 * is who decides, and giving up would leave access with those who lost it.
 *
 * @throws ConfigurationError when the address is not that of a secret, or would send tokens in clear text.
 */
export function keyVaultSecret(
  secretUrl: string,
  identity: TokenCredential,
): (known: readonly SecretVersion[]) => Promise<SecretVersion[]> {
  const { vault, name } = parseSecretUrl(secretUrl);
  const client = new SecretClient(vault.href.replace(/^http:/, 'https:'), identity, {
    retryOptions: { maxRetries: 1, retryDelayInMs: 250, maxRetryDelayInMs: 2_000 },
    redirectOptions: { maxRetries: 0 },
    // A page names the address of the next one.
    httpClient: boundedRequests(createDefaultHttpClient(), {
      allows: hostsOf(new Set([vault.host])),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    }),
    ...(isLoopback(vault) ? onLoopback(vault) : {}),
  });
  const address = `${vault.origin}/secrets/${name}`;
  const advice = `from Key Vault, ${address}: check that it is there and enabled, that the app's identity has the permissions Get and List for secrets, and that its network rules admit the app`;

  async function candidates(abortSignal: AbortSignal): Promise<SecretProperties[]> {
    const valid: SecretProperties[] = [];
    for await (const version of client.listPropertiesOfSecretVersions(name, { abortSignal })) {
      const from = version.notBefore?.getTime() ?? Number.NEGATIVE_INFINITY;
      if (version.enabled !== false && from <= now()) valid.push(version);
    }
    const newestFirst = valid.toSorted((a, b) => created(b) - created(a));
    const unexpired = newestFirst.filter(
      ({ expiresOn }) => (expiresOn?.getTime() ?? Number.POSITIVE_INFINITY) > now(),
    );
    return unexpired.length > 0 ? unexpired.slice(0, VERSIONS_ASKED) : newestFirst.slice(0, 1);
  }

  /** Undefined when it was disabled since it was listed, or is no secret: the version before it may do. */
  async function readValue(version: string, abortSignal: AbortSignal): Promise<string | undefined> {
    try {
      return usableSecret((await client.getSecret(name, { version, abortSignal })).value);
    } catch (error) {
      const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
      if (status === 403 || status === 404) return undefined;
      throw error;
    }
  }

  async function load(known: readonly SecretVersion[], abortSignal: AbortSignal): Promise<SecretVersion[]> {
    const found: SecretVersion[] = [];
    for (const { version = '', expiresOn } of await candidates(abortSignal)) {
      const label = `Key Vault secret ${address}, version ${version}`;
      const same = known.find(other => other.name === label);
      const value = same?.value ?? (await readValue(version, abortSignal));
      if (value !== undefined) found.push({ value, name: label, expiresAt: expiresOn?.getTime() });
      if (found.length === VERSIONS_USED) break;
    }
    if (found.length > 0) return found;
    throw new ScimCredentialError({ refused: true, reason: `(no version can be used) ${advice}` });
  }

  return known =>
    withinTime(
      TIMEOUT_MS,
      signal => load(known, signal),
      () => new ScimCredentialError({ reason: `from Key Vault, ${address}: no answer in ${TIMEOUT_MS} ms` }),
    ).catch((error: unknown) => {
      throw signInFailure(error, advice);
    });
}

/** Key Vault counts in seconds. */
function created({ createdOn }: SecretProperties): number {
  return createdOn?.getTime() ?? 0;
}

function parseSecretUrl(text: string): { vault: URL; name: string } {
  const url = URL.parse(text);
  const name = /^\/secrets\/([A-Za-z0-9-]{1,127})\/?$/.exec(url?.pathname ?? '')?.[1];
  const isPlain = url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!isPlain || name === undefined || !mayCarryTokens(url)) {
    throw new ConfigurationError(
      'Key Vault secret: expected its address without a version, so that it can be rotated, such as https://my-vault.vault.azure.net/secrets/scim-token',
    );
  }
  return { vault: new URL(url.origin), name };
}

/**
 * The SDK signs for https only, and only for hosts below the one that a vault names as its resource. A vault on this
 * machine is neither; what the SDK signed steps down to http just before it is sent.
 */
function onLoopback({ protocol, origin }: URL): SecretClientOptions {
  const policy: PipelinePolicy = {
    name: 'loopbackPolicy',
    async sendRequest(request, next) {
      const { url } = request;
      if (protocol === 'http:' && new URL(url).host === new URL(origin).host) {
        request.url = url.replace(/^https:/, 'http:');
        request.allowInsecureConnection = true;
        // A proxy would be asked for its own loopback.
        request.agent = undefined;
      }
      try {
        return await next(request);
      } finally {
        request.url = url;
      }
    },
  };
  return {
    disableChallengeResourceVerification: true,
    additionalPolicies: [{ policy, position: 'perRetry' }],
  };
}
