import { startDatabricks } from '../../../src/local/databricks/server.ts';
import type { WorkspaceOptions } from '../../../src/local/databricks/workspace.ts';
import { ScimClient, type ScimClientOptions } from '../../../src/scim/client.ts';
import { bearer } from '../../scim/bearer.ts';

export const ACCOUNT_ID = '8b3c1a52-0000-4000-8000-000000000001';
export const TOKEN = 'dsapi-the-one-good-token';
export const OPERATOR_TOKEN = 'the-operator-s-own-token';

export type ApiVersion = '2.0' | '2.1';

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a server sent, looked at field by field
  json: any;
}

interface Call {
  /** Null sends none. */
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request that our client would never send, to any of the hosts. */
export async function call(
  method: string,
  url: string,
  { token = TOKEN, body, headers }: Call = {},
): Promise<RawAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      'content-type': 'application/scim+json',
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  const json = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** A local Databricks account without limits unless asked, our client to it, and a door for requests ours never sends. */
export async function startAccount(
  options: {
    limits?: Parameters<typeof startDatabricks>[0]['limits'];
    acceptToken?: (token: string) => boolean;
  } = {},
) {
  const databricks = await startDatabricks({
    accountId: ACCOUNT_ID,
    acceptToken: options.acceptToken ?? (token => token === TOKEN),
    operatorToken: OPERATOR_TOKEN,
    limits: options.limits ?? 'off',
  });
  const base = (version: ApiVersion): string =>
    version === '2.1' ? databricks.scimUrl : databricks.scimUrl20;

  return {
    databricks,
    store: databricks.store,
    client(overrides: Partial<ScimClientOptions> = {}): ScimClient {
      return new ScimClient({
        baseUrl: base('2.1'),
        authorization: bearer(TOKEN),
        allowInsecureConnection: true,
        ...overrides,
      });
    },
    send: (method: string, path: string, body?: unknown, version: ApiVersion = '2.1'): Promise<RawAnswer> =>
      call(method, `${base(version)}${path}`, { body }),
    /** Anything of the account that is not SCIM: below `/api/2.0/accounts/{id}`. */
    platform: (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
      call(method, `${databricks.url}/api/2.0/accounts/${ACCOUNT_ID}${path}`, { body }),
    control: (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
      call(method, `${databricks.url}/_local/${path}`, { body, token: OPERATOR_TOKEN }),
    close: () => databricks.close(),
  };
}

export type TestAccount = Awaited<ReturnType<typeof startAccount>>;

/** A workspace of an account, and a door to its own SCIM API. */
export async function addWorkspace(account: TestAccount, options: WorkspaceOptions = {}) {
  const workspace = await account.databricks.addWorkspace(options);
  return {
    workspace,
    store: workspace.store,
    send: (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
      call(method, `${workspace.scimUrl}${path}`, { body }),
  };
}

export function patchOp(...operations: object[]): object {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}
