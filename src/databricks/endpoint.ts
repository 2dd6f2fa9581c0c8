import { ConfigurationError } from '../identity/errors.ts';

/**
 * The scope of an Entra token for Azure Databricks, the same in the public, US Government and China clouds
 * (databricks-sdk-go, common/environment/environments.go).
 */
export const ENTRA_RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default';

const DEFAULT_ACCOUNT_HOST = 'https://accounts.azuredatabricks.net';

export type AccountApiVersion = '2.0' | '2.1';

/**
 * The SCIM base URL of a Databricks account. 2.1 is what the account console shows and what its SCIM tokens are
 * restricted to (Microsoft Learn, "Configure SCIM provisioning for Azure Databricks").
 *
 * @param options.host with or without `https://`; `http://` is left to the client to refuse.
 * @throws ConfigurationError when the host or the account id cannot be part of a URL.
 */
export function accountEndpoint(options: {
  host?: string;
  accountId: string;
  apiVersion?: AccountApiVersion;
}): string {
  const host = options.host ?? DEFAULT_ACCOUNT_HOST;
  const url = URL.parse(/^https?:\/\//i.test(host) ? host : `https://${host}`);
  if (url === null || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new ConfigurationError(`Databricks host: expected a host such as ${DEFAULT_ACCOUNT_HOST}`);
  }
  if (!/^[A-Za-z0-9-]+$/.test(options.accountId)) {
    throw new ConfigurationError(
      'Databricks account id: expected the GUID that the account console shows, such as 8b3c1a52-0000-4000-8000-000000000000',
    );
  }
  return `${url.origin}/api/${options.apiVersion ?? '2.1'}/accounts/${options.accountId}/scim/v2`;
}
