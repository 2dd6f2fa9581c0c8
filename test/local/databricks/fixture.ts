import { startDatabricks } from '../../../src/local/databricks/server.ts';
import { ScimClient, type ScimClientOptions } from '../../../src/scim/client.ts';

export const ACCOUNT_ID = '8b3c1a52-0000-4000-8000-000000000001';
export const TOKEN = 'dsapi-the-one-good-token';

export type ApiVersion = '2.0' | '2.1';

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a server sent, looked at field by field
  json: any;
}

/** A local Databricks account without limits unless asked, our client to it, and a door for requests ours never sends. */
export async function startAccount(
  options: { limits?: Parameters<typeof startDatabricks>[0]['limits'] } = {},
) {
  const databricks = await startDatabricks({
    accountId: ACCOUNT_ID,
    acceptToken: token => token === TOKEN,
    limits: options.limits ?? 'off',
  });
  const base = (version: ApiVersion): string =>
    version === '2.1' ? databricks.scimUrl : databricks.scimUrl20;

  return {
    databricks,
    store: databricks.store,
    client(overrides: Partial<ScimClientOptions> = {}): ScimClient {
      const credential = { token: TOKEN };
      return new ScimClient({
        baseUrl: base('2.1'),
        credential,
        allowInsecureConnection: true,
        ...overrides,
      });
    },
    async send(
      method: string,
      path: string,
      body?: unknown,
      version: ApiVersion = '2.1',
    ): Promise<RawAnswer> {
      const response = await fetch(`${base(version)}${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
      const json = isJson ? JSON.parse(text) : undefined;
      return { status: response.status, headers: response.headers, text, json };
    },
    close: () => databricks.close(),
  };
}

export type TestAccount = Awaited<ReturnType<typeof startAccount>>;

export function patchOp(...operations: object[]): object {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}
