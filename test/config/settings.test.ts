import { describe, expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/provisioning-config.ts';
import { type SettingName, settingTexts } from '../../src/config/setting-texts.ts';
import { readSettings } from '../../src/config/settings.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';

const GUID = '8B3C1A52-6D0F-4C1E-9A57-2F1F0C9B7E10';
const id = GUID.toLowerCase();
const bus = 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=c2VjcmV0';
const account =
  'DefaultEndpointsProtocol=https;AccountName=store;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net';

const good = {
  ENTRA_TENANT_ID: GUID,
  ENTRA_APPLICATION_OBJECT_ID: GUID,
  DATABRICKS_ACCOUNT_ID: GUID,
  ServiceBusConnection: bus,
  AzureWebJobsStorage: account,
};
const byIdentity = {
  ENTRA_TENANT_ID: GUID,
  ENTRA_APPLICATION_OBJECT_ID: GUID,
  DATABRICKS_ACCOUNT_ID: GUID,
  ServiceBusConnection__fullyQualifiedNamespace: 'ns.servicebus.windows.net',
  AzureWebJobsStorage__accountName: 'mystorage',
};

function refusal(env: Record<string, string | undefined>): string {
  try {
    readSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('the settings were taken');
}

/** What every refusal says: which setting, what it should hold, an example. */
function complaint(name: SettingName, what: string): string {
  const { holds, example } = settingTexts[name];
  return `The app setting ${name} ${what}. It should hold ${holds}. Example: ${name}=${example}`;
}

describe('readSettings', () => {
  test('takes what is there and fills in the rest', () => {
    expect(readSettings({ ...good, PATH: '/bin', NOTIFICATION_URL: '' })).toEqual({
      config: defaultConfig({ tenantId: id, applicationObjectId: id, accountId: id }),
      graphUrl: undefined,
      databricks: { host: undefined, scimTokens: [], rates: {} },
      secrets: new Map(),
      notifications: undefined,
      replaysPerSecond: 5,
      serviceBus: { connectionString: bus },
      storage: { connectionString: account },
    });
  });

  test('takes everything that can be set', () => {
    const all = readSettings({
      ...good,
      DATABRICKS_HOST: 'https://accounts.azuredatabricks.us',
      DATABRICKS_SCIM_TOKEN: 'token',
      DATABRICKS_SCIM_TOKEN_PREVIOUS: 'before',
      DATABRICKS_PATCH_PER_SECOND: '1.5',
      GRAPH_URL: 'http://127.0.0.1:8080',
      NOTIFICATION_URL: 'https://app.example/api/graph-notifications',
      NOTIFICATION_CLIENT_STATE: '0123456789abcdef',
      NOTIFICATION_CLIENT_STATE_PREVIOUS: 'fedcba9876543210',
      NOTIFICATION_SILENCE_MINUTES: '90',
      RECONCILE_MINUTES: '25',
      SETTLE_WINDOW_MS: '500',
      READ_HIDDEN_MEMBERSHIP: 'true',
      PROTECTED_OBJECT_IDS: ` ${GUID}, `,
      FUNCTIONS_WORKER_PROCESS_COUNT: '1',
    });
    expect(all).toMatchObject({
      graphUrl: 'http://127.0.0.1:8080',
      databricks: {
        host: 'https://accounts.azuredatabricks.us',
        scimTokens: ['token', 'before'],
        rates: { patch: 1.5 },
      },
      notifications: {
        url: 'https://app.example/api/graph-notifications',
        secrets: ['0123456789abcdef', 'fedcba9876543210'],
        silenceMs: 5_400_000,
      },
      config: {
        source: { tenantId: id, applicationObjectId: id, readHiddenMembership: true },
        targets: [{ id: `account-${id}`, place: { kind: 'account', accountId: id, apiVersion: '2.1' } }],
        schedule: { reconcileMinutes: 25, settleWindowMs: 500 },
        protected: { objectIds: [id] },
      },
    });
  });

  test('works without any secret, by identity', () => {
    const { serviceBus, storage } = readSettings(byIdentity);
    expect(serviceBus).toEqual({ namespace: 'ns.servicebus.windows.net' });
    expect(storage).toEqual({
      tableUri: 'https://mystorage.table.core.windows.net',
      blobUri: 'https://mystorage.blob.core.windows.net',
    });
  });

  test.each([
    'UseDevelopmentStorage=true',
    'BlobEndpoint=https://a.blob.core.windows.net;TableEndpoint=https://a.table.core.windows.net;SharedAccessSignature=sv=1&sig=x',
    'AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:2/a;',
  ])('takes the storage account of %s', connectionString => {
    expect(readSettings({ ...good, AzureWebJobsStorage: connectionString }).storage).toEqual({
      connectionString,
    });
  });
});

describe('a missing setting', () => {
  test.each([
    'ENTRA_TENANT_ID',
    'ENTRA_APPLICATION_OBJECT_ID',
    'DATABRICKS_ACCOUNT_ID',
    'ServiceBusConnection',
    'AzureWebJobsStorage',
  ] as const)('%s is named, with what it should hold and an example', name => {
    expect(refusal({ ...good, [name]: undefined })).toBe(complaint(name, 'is missing'));
    expect(refusal({ ...good, [name]: '' })).toBe(complaint(name, 'is missing'));
  });

  test('that another one needs is named', () => {
    expect(refusal({ ...good, NOTIFICATION_URL: 'https://app.example/api' })).toBe(
      complaint('NOTIFICATION_CLIENT_STATE', 'is missing, and NOTIFICATION_URL needs it'),
    );
    expect(refusal({ ...byIdentity, AzureWebJobsStorage__accountName: undefined })).toContain(
      'AzureWebJobsStorage is missing',
    );
  });
});

describe('a malformed setting', () => {
  const secret = 'hunter2';
  test.each<[SettingName, string]>([
    ['ENTRA_TENANT_ID', secret],
    ['ENTRA_TENANT_ID', ` ${GUID}`],
    ['ENTRA_APPLICATION_OBJECT_ID', `{${GUID}}${secret}`],
    ['DATABRICKS_ACCOUNT_ID', `${GUID}/${secret}`],
    ['DATABRICKS_HOST', `accounts.azuredatabricks.net?${secret}`],
    ['DATABRICKS_HOST', `http://accounts.azuredatabricks.net#${secret}`],
    ['DATABRICKS_HOST', `https://accounts.azuredatabricks.net/${secret}`],
    ['DATABRICKS_GET_PER_SECOND', `0 ${secret}`],
    ['DATABRICKS_LIST_PER_SECOND', '-1'],
    ['DATABRICKS_WRITE_PER_SECOND', 'Infinity'],
    ['DATABRICKS_PATCH_PER_SECOND', '0'],
    ['GRAPH_URL', `https://user:${secret}@graph.microsoft.com`],
    ['GRAPH_URL', `https://:${secret}@graph.microsoft.com`],
    ['GRAPH_URL', `ftp://${secret}`],
    ['NOTIFICATION_URL', `http://app.example/${secret}`],
    ['NOTIFICATION_URL', `https://app.example/api?code=${secret}`],
    ['NOTIFICATION_URL', `https://app.example/api#${secret}`],
    ['NOTIFICATION_CLIENT_STATE', secret],
    ['NOTIFICATION_CLIENT_STATE', secret.repeat(20)],
    ['NOTIFICATION_CLIENT_STATE_PREVIOUS', secret.repeat(20)],
    ['NOTIFICATION_SILENCE_MINUTES', '9'],
    ['RECONCILE_MINUTES', '15'],
    ['RECONCILE_MINUTES', '45'],
    ['RECONCILE_MINUTES', '22.5'],
    ['RECONCILE_MINUTES', secret],
    ['SETTLE_WINDOW_MS', '499'],
    ['SETTLE_WINDOW_MS', '60001'],
    ['SETTLE_WINDOW_MS', '1000.5'],
    ['READ_HIDDEN_MEMBERSHIP', 'True'],
    ['PROTECTED_OBJECT_IDS', `${GUID};${secret}`],
    ['ServiceBusConnection', secret],
    ['ServiceBusConnection', `SharedAccessKey=${secret}`],
    ['ServiceBusConnection', `Endpoint=sb://;SharedAccessKeyName=n;SharedAccessKey=${secret}`],
    ['ServiceBusConnection', `Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKey=${secret}`],
    ['ServiceBusConnection', `Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=${secret}`],
    ['ServiceBusConnection', `${bus};EntityPath=${secret}`],
    ['ServiceBusConnection__fullyQualifiedNamespace', `sb://${secret}`],
    ['ServiceBusConnection__fullyQualifiedNamespace', `${secret}`],
    ['AzureWebJobsStorage', secret],
    ['AzureWebJobsStorage', `AccountName=${secret}`],
    ['AzureWebJobsStorage', `DefaultEndpointsProtocol=https;AccountKey=${secret}`],
    ['AzureWebJobsStorage__accountName', `My Storage ${secret}`],
    ['AzureWebJobsStorage__tableServiceUri', `http://a.table.core.windows.net/${secret}`],
    ['AzureWebJobsStorage__blobServiceUri', `https://a.blob.core.windows.net?${secret}`],
    ['FUNCTIONS_WORKER_PROCESS_COUNT', '4'],
  ])('%s is named, and its value is not repeated (%#)', (name, value) => {
    const present = name.includes('__') ? byIdentity : good;
    const message = refusal({ ...present, [name]: value });
    expect(message).toBe(complaint(name, 'is malformed'));
    expect(message).not.toContain(secret);
  });

  test('has an example that is itself accepted', () => {
    const random = 'the output of: openssl rand -hex 32';
    for (const [name, { example }] of Object.entries(settingTexts)) {
      const present = name.includes('__') ? byIdentity : good;
      const env = { ...present, NOTIFICATION_CLIENT_STATE: '0123456789abcdef', [name]: example };
      // That one names a file, which is not there until somebody writes it.
      if (name === 'PROVISIONING_CONFIG_FILE') continue;
      if (example === random) continue;
      // The platform puts the secret in its place; what it could not read is refused.
      if (example.startsWith('@Microsoft.KeyVault'))
        expect(refusal(env)).toContain(`The app setting ${name} refers to a secret`);
      else expect(() => readSettings(env), name).not.toThrow();
    }
  });
});

test('a reference to the key vault that the platform could not resolve is not taken for the secret', () => {
  const reference =
    '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/notification-client-state)';
  const notified = { ...good, NOTIFICATION_URL: 'https://app.example/api/graph-notifications' };
  const message = refusal({ ...notified, NOTIFICATION_CLIENT_STATE: reference });
  expect(message).toContain('The app setting NOTIFICATION_CLIENT_STATE refers to a secret');
  expect(message).not.toContain(reference);
  expect(() => readSettings({ ...notified, NOTIFICATION_CLIENT_STATE: '0123456789abcdef' })).not.toThrow();
});
