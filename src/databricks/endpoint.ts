import { ConfigurationError } from '../identity/errors.ts';

/**
 * The scope of an Entra token for Azure Databricks, the same in the public, US Government and China clouds
 * (databricks-sdk-go, common/environment/environments.go).
 */
export const ENTRA_RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default';

const EXAMPLE_HOST = 'https://accounts.azuredatabricks.net';

export type AccountApiVersion = '2.0' | '2.1';

/**
 * The SCIM base URL of a Databricks account. 2.1 is what the account console shows and what its SCIM tokens are
 * restricted to (Microsoft Learn, "Configure SCIM provisioning for Azure Databricks").
 *
 * @param options.host with or without `https://`; `http://` is left to the client to refuse.
 * @throws ConfigurationError when the host or the account id cannot be part of a URL.
 */
export function accountEndpoint(options: {
  host: string;
  accountId: string;
  apiVersion?: AccountApiVersion;
}): string {
  if (!/^[A-Za-z0-9-]+$/.test(options.accountId)) {
    throw new ConfigurationError(
      'Databricks account id: expected the GUID that the account console shows, such as 8b3c1a52-0000-4000-8000-000000000000',
    );
  }
  return `${originOf(options.host)}/api/${options.apiVersion ?? '2.1'}/accounts/${options.accountId}/scim/v2`;
}

/** The SCIM base URL of a workspace without identity federation (databricks-sdk-go, service/iam/impl.go). */
export function workspaceEndpoint(workspaceUrl: string): string {
  return `${originOf(workspaceUrl)}/api/2.0/preview/scim/v2`;
}

/** The account's SCIM base URL as one of its workspaces offers it (databrickslabs/ucx, workspace_access/groups.py). */
export function workspaceProxyEndpoint(workspaceUrl: string): string {
  return `${originOf(workspaceUrl)}/api/2.0/account/scim/v2`;
}

function originOf(host: string): string {
  const url = URL.parse(/^https?:\/\//i.test(host) ? host : `https://${host}`);
  if (url === null || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new ConfigurationError(`Databricks host: expected a host such as ${EXAMPLE_HOST}`);
  }
  return url.origin;
}
