import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  logPolicy,
  type PipelineResponse,
  proxyPolicy,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { boundedRequests, hostsOf } from '../identity/bounded-requests.ts';
import { now } from '../identity/clock.ts';
import { ConfigurationError } from '../identity/errors.ts';
import { retryAfterMs } from '../identity/retry-after.ts';
import { isLoopback, mayCarryTokens } from '../identity/service-url.ts';
import { ScimCredentialError } from '../scim/errors.ts';
import { signInFailure } from './sign-in-failure.ts';
import type { AccessToken } from './token-cache.ts';

const TIMEOUT_MS = 15_000;
const MAX_RESPONSE_BYTES = 1024 * 1024;

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const refusal = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/** Where a Databricks account gives tokens to its service principals (databricks-sdk-go, account OIDC endpoints). */
export function accountTokenUrl(host: string, accountId: string): string {
  return new URL(`/oidc/accounts/${encodeURIComponent(accountId)}/v1/token`, host).href;
}

/** Where a workspace does. */
export function workspaceTokenUrl(host: string): string {
  return new URL('/oidc/v1/token', host).href;
}

/** The client secret was not accepted; another version of it may be. */
export class ClientRefused extends ScimCredentialError {}

/**
 * A client of a Databricks OAuth token endpoint for machines: the client id and secret as Basic authentication, grant
 * `client_credentials`, scope `all-apis` (databricks-sdk-go, config/auth_m2m.go). Every call is one request.
 *
 * @param timeoutMs from the first byte sent to the last byte read
 * @throws ConfigurationError when the address would send the secret in clear text.
 */
export function tokenEndpoint(
  tokenUrl: string,
  clientId: string,
  timeoutMs = TIMEOUT_MS,
): (clientSecret: string) => Promise<AccessToken> {
  const url = URL.parse(tokenUrl);
  if (url === null || !mayCarryTokens(url) || url.username !== '' || url.password !== '') {
    throw new ConfigurationError(
      'Databricks token URL: expected an https address such as https://accounts.azuredatabricks.net/oidc/accounts/<account id>/v1/token',
    );
  }
  const pipeline = createEmptyPipeline();
  if (!isLoopback(url)) pipeline.addPolicy(proxyPolicy());
  pipeline.addPolicy(decompressResponsePolicy());
  pipeline.addPolicy(logPolicy());
  const http = boundedRequests(createDefaultHttpClient(), {
    allows: hostsOf(new Set([url.host])),
    timeoutMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
  });
  const advice = `from ${url.origin}${url.pathname} for client ${clientId}`;

  return async clientSecret => {
    // RFC 6749 §2.3.1: both are form-encoded before they are joined.
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
    const request = createPipelineRequest({
      url: url.href,
      method: 'POST',
      headers: createHttpHeaders({
        Authorization: `Basic ${basic.toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
        Accept: 'application/json',
      }),
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }).toString(),
      allowInsecureConnection: url.protocol === 'http:',
    });
    const asked = now();
    const response = await pipeline.sendRequest(http, request).catch((error: unknown) => {
      throw signInFailure(error, advice);
    });
    return readAnswer(response, asked, advice);
  };
}

function readAnswer(response: PipelineResponse, asked: number, advice: string): AccessToken {
  const { status, headers, bodyAsText } = response;
  const body = parseJson(bodyAsText ?? '');
  if (status === 200) {
    const answer = tokenAnswer.safeParse(body);
    // Without a word of the answer: it may hold the token.
    if (!answer.success) throw new ScimCredentialError({ reason: `${advice}: the answer holds none` });
    return { token: answer.data.access_token, expiresAt: asked + answer.data.expires_in * 1_000 };
  }
  const error = refusal.safeParse(body).data?.error;
  const reason = error === undefined ? advice : `(${error}) ${advice}`;
  if (status === 401 || error === 'invalid_client') {
    throw new ClientRefused({
      status,
      reason: `${reason}: check that the service principal exists and that this is one of its OAuth secrets`,
    });
  }
  const wait = retryAfterMs(headers.get('Retry-After'), now());
  // A redirect leads to a sign-in page: the address is not that of a token endpoint.
  throw new ScimCredentialError({ status, reason, retryAfterMs: wait });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
