/** The clouds in which Azure Databricks exists. */
export type CloudName = 'public' | 'usGovernment' | 'china';

/** Where a cloud keeps what we talk to. */
export interface Cloud {
  /** Address of the account console and of the account APIs. */
  readonly accountHost: string;
  /** What the host of every workspace ends with. */
  readonly workspaceSuffix: string;
  /** Entra's sign-in endpoint. */
  readonly authorityHost: string;
  readonly graphUrl: string;
  /** Scope of the token that shows a workspace which Azure resources an identity may manage. */
  readonly managementScope: string;
}

/**
 * Sources. Account hosts: Terraform provider, "host argument" (the same three in Pulumi's); for China, code in the
 * field also uses accounts.databricks.azure.cn, so a host that is configured wins over this table. Workspace suffixes,
 * sign-in endpoints and management endpoints: databricks-sdk-go, common/environment. Graph: Microsoft Learn, "National
 * cloud deployments"; DoD has another address than the rest of US Government.
 *
 * The identifier of a management endpoint ends with a slash, and a scope is the identifier, a slash and `.default`:
 * the two slashes are right, and with one the token is for another audience.
 */
export const CLOUDS: Readonly<Record<CloudName, Cloud>> = {
  public: {
    accountHost: 'https://accounts.azuredatabricks.net',
    workspaceSuffix: '.azuredatabricks.net',
    authorityHost: 'https://login.microsoftonline.com',
    graphUrl: 'https://graph.microsoft.com',
    managementScope: 'https://management.core.windows.net//.default',
  },
  usGovernment: {
    accountHost: 'https://accounts.azuredatabricks.us',
    workspaceSuffix: '.databricks.azure.us',
    authorityHost: 'https://login.microsoftonline.us',
    graphUrl: 'https://graph.microsoft.us',
    managementScope: 'https://management.core.usgovcloudapi.net//.default',
  },
  china: {
    accountHost: 'https://accounts.azuredatabricks.cn',
    workspaceSuffix: '.databricks.azure.cn',
    authorityHost: 'https://login.chinacloudapi.cn',
    graphUrl: 'https://microsoftgraph.chinacloudapi.cn',
    managementScope: 'https://management.core.chinacloudapi.cn//.default',
  },
};
