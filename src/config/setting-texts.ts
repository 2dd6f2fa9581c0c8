/** What a setting should hold, an example, and what its absence means: the text of its error and of the settings table. */
interface Described {
  readonly holds: string;
  readonly example: string;
  readonly absent: string;
}

const GUID_EXAMPLE = '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10';

export const settingTexts = {
  PROVISIONING_CONFIG_FILE: {
    holds: 'the path of the provisioning configuration, below the folder of the app; none: there is no file',
    example: 'provisioning.config.json',
    absent: '`provisioning.config.json`, if there is one',
  },
  ENTRA_TENANT_ID: {
    holds: 'the directory (tenant) id, a GUID',
    example: GUID_EXAMPLE,
    absent: 'refused without a configuration file',
  },
  ENTRA_APPLICATION_OBJECT_ID: {
    holds: 'the object id of the enterprise application whose assignments are provisioned, a GUID',
    example: GUID_EXAMPLE,
    absent: 'refused without a configuration file',
  },
  DATABRICKS_ACCOUNT_ID: {
    holds: 'the Databricks account id, a GUID',
    example: GUID_EXAMPLE,
    absent: 'refused without a configuration file',
  },
  DATABRICKS_HOST: {
    holds: 'the https address of the account console',
    example: 'https://accounts.azuredatabricks.net',
    absent: 'that of the cloud: `https://accounts.azuredatabricks.net`',
  },
  DATABRICKS_SCIM_TOKEN: {
    holds: "the account's SCIM token; left out, the app signs in with its own Entra identity",
    example: '@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/scim-token)',
    absent: 'the Entra identity signs in',
  },
  DATABRICKS_SCIM_TOKEN_PREVIOUS: {
    holds: "the version of the account's SCIM token before that one, while both are valid",
    example: 'the token that is about to be replaced',
    absent: 'there is one version',
  },
  DATABRICKS_GET_PER_SECOND: {
    holds: 'allowed reads of one resource per second',
    example: '20',
    absent: '20',
  },
  DATABRICKS_LIST_PER_SECOND: { holds: 'allowed list requests per second', example: '4', absent: '4' },
  DATABRICKS_WRITE_PER_SECOND: {
    holds: 'allowed POST, PUT and DELETE requests per second',
    example: '5',
    absent: '5',
  },
  DATABRICKS_PATCH_PER_SECOND: { holds: 'allowed PATCH requests per second', example: '2', absent: '2' },
  GRAPH_URL: {
    holds: 'the https address of Microsoft Graph',
    example: 'https://graph.microsoft.com',
    absent: 'that of the cloud: `https://graph.microsoft.com`',
  },
  NOTIFICATION_URL: {
    holds:
      'the public https address of the graph-notifications function; left out, the poll alone hears of changes',
    example: 'https://my-app.azurewebsites.net/api/graph-notifications',
    absent: 'the poll alone',
  },
  NOTIFICATION_CLIENT_STATE: {
    holds: 'a random secret of 16 to 128 characters, by which notifications are known to come from Graph',
    example: 'the output of: openssl rand -hex 32',
    absent: 'refused when there is a NOTIFICATION_URL',
  },
  NOTIFICATION_CLIENT_STATE_PREVIOUS: {
    holds: 'the secret before that one, for five hours after it was replaced',
    example: 'the secret that is about to be replaced',
    absent: 'there is one version',
  },
  NOTIFICATION_SILENCE_MINUTES: {
    holds:
      'minutes for which the poll may find changes that no notification told of, before a subscription counts as lost, 10 to 1440',
    example: '60',
    absent: '60',
  },
  RECONCILE_MINUTES: {
    holds: 'minutes between reconciliation cycles, 20 to 40',
    example: '30',
    absent: 'what the file says, else 30',
  },
  REPLAYS_PER_SECOND: {
    holds: 'dead letters that a replay sends again in a second at most, 0.1 to 50',
    example: '5',
    absent: '5',
  },
  SETTLE_WINDOW_MS: {
    holds: 'milliseconds within which a burst of changes becomes one, 500 to 60000',
    example: '2000',
    absent: 'what the file says, else 2000',
  },
  READ_HIDDEN_MEMBERSHIP: {
    holds: 'true when the identity holds the Graph permission Member.Read.Hidden, else false',
    example: 'false',
    absent: 'what the file says, else false',
  },
  PROTECTED_OBJECT_IDS: {
    holds: 'Entra object ids, separated by commas, that are never deactivated, such as break-glass accounts',
    example: GUID_EXAMPLE,
    absent: 'whom the file names',
  },
  ServiceBusConnection: {
    holds:
      'a Service Bus connection string; or set ServiceBusConnection__fullyQualifiedNamespace for sign-in by identity',
    example: 'Endpoint=sb://my-namespace.servicebus.windows.net/;SharedAccessKeyName=...;SharedAccessKey=...',
    absent: 'refused without the other',
  },
  ServiceBusConnection__fullyQualifiedNamespace: {
    holds: 'the host name of the Service Bus namespace',
    example: 'my-namespace.servicebus.windows.net',
    absent: 'the connection string is used',
  },
  AzureWebJobsStorage: {
    holds: 'a storage connection string; or set AzureWebJobsStorage__accountName for sign-in by identity',
    example:
      'DefaultEndpointsProtocol=https;AccountName=mystorage;AccountKey=...;EndpointSuffix=core.windows.net',
    absent: 'refused without the others',
  },
  AzureWebJobsStorage__accountName: {
    holds: 'the name of the storage account',
    example: 'mystorage',
    absent: 'the connection string is used',
  },
  AzureWebJobsStorage__tableServiceUri: {
    holds: 'the address of the table service, where it does not follow from the account name',
    example: 'https://mystorage.table.core.windows.net',
    absent: 'follows from the account name',
  },
  AzureWebJobsStorage__blobServiceUri: {
    holds: 'the address of the blob service, where it does not follow from the account name',
    example: 'https://mystorage.blob.core.windows.net',
    absent: 'follows from the account name',
  },
  FUNCTIONS_WORKER_PROCESS_COUNT: {
    holds: '1, or nothing: several workers on one instance would each believe to own a target',
    example: '1',
    absent: '1',
  },
  AZURE_LOG_LEVEL: {
    holds:
      'error, warning or info; at verbose the Service Bus library logs its connection string, key included',
    example: 'warning',
    absent: 'the libraries log nothing',
  },
} satisfies Readonly<Record<string, Described>>;

export type SettingName = keyof typeof settingTexts;
