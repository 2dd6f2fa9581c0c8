import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { settingTexts } from '../../src/config/setting-texts.ts';
import { readSettings } from '../../src/config/settings.ts';
import { clearSettings, readSettingsFile } from '../../src/config/settings-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const guid = '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10';
const real = {
  ENTRA_TENANT_ID: guid,
  ENTRA_APPLICATION_OBJECT_ID: guid,
  DATABRICKS_ACCOUNT_ID: guid,
  ServiceBusConnection__fullyQualifiedNamespace: 'my-namespace.servicebus.windows.net',
  AzureWebJobsStorage__accountName: 'mystorage',
};

function fileOf(content: string | object): string {
  const path = join(folder, 'local.settings.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('no file means that everything is local', () => {
  expect(readSettingsFile(join(folder, 'absent.json'))).toBeUndefined();
});

test('a filled-in sample is accepted, and what is left empty is as if left out', () => {
  const sample = JSON.parse(readFileSync('local.settings.sample.json', 'utf8')) as {
    Values: Record<string, string>;
  };
  const values = readSettingsFile(fileOf({ ...sample, Values: { ...sample.Values, ...real } }));
  expect(values).toEqual({ FUNCTIONS_WORKER_RUNTIME: 'node', ...real });
  expect(readSettings(values ?? {}).storage).toEqual({
    tableUri: 'https://mystorage.table.core.windows.net',
    blobUri: 'https://mystorage.blob.core.windows.net',
  });
});

test('the sample explains every setting there is, as its error does', () => {
  const sample = JSON.parse(readFileSync('local.settings.sample.json', 'utf8')) as {
    Values: Record<string, string>;
    Explained: Record<string, string>;
  };
  expect(Object.keys(sample.Explained)).toEqual(Object.keys(settingTexts));
  expect(Object.keys(sample.Values)).toEqual(['FUNCTIONS_WORKER_RUNTIME', ...Object.keys(settingTexts)]);
  for (const [name, { holds, example }] of Object.entries(settingTexts)) {
    expect(sample.Explained[name]).toContain(holds);
    expect(sample.Explained[name]).toContain(example);
  }
});

test.each([
  ['AzureWebJobsStorage', 'UseDevelopmentStorage=true', 'links, tombstones and holds would be lost'],
  [
    'AzureWebJobsStorage',
    'DefaultEndpointsProtocol=http;AccountName=local;AccountKey=a;TableEndpoint=http://127.0.0.1:1/local',
    'links, tombstones and holds would be lost',
  ],
  ['AzureWebJobsStorage__tableServiceUri', 'http://127.0.0.1:10002/devstoreaccount1', 'would be lost'],
  ['ServiceBusConnection', 'Endpoint=sb://localhost;UseDevelopmentEmulator=true', 'points at this machine'],
  ['GRAPH_URL', 'http://127.0.0.1:7072', 'points at this machine'],
  ['DATABRICKS_HOST', 'http://localhost:7073', 'points at this machine'],
  ['NOTIFICATION_URL', 'http://[::1]:7071/api/graph-notifications', 'points at this machine'],
])('%s on this machine is refused with the reason, and says what it should hold', (name, value, why) => {
  const path = fileOf({ Values: { ...real, [name]: value } });
  const { holds, example } = settingTexts[name as keyof typeof settingTexts];
  const refusal = refusalOf(() => readSettingsFile(path));
  expect(refusal.name).toBe('ConfigurationError');
  expect(refusal.message).toContain(`${name} `);
  expect(refusal.message).toContain(why);
  expect(refusal.message).toContain(holds);
  expect(refusal.message).toContain(example);
  expect(refusal.message).not.toContain(value);
});

test.each([
  ['{"Values": {"secret": "s3cr3t"', 'is not JSON'],
  ['[]', 'has no "Values" object'],
  [{ ENTRA_TENANT_ID: guid }, 'has no "Values" object'],
  [{ IsEncrypted: true, Values: {} }, 'is encrypted'],
  [{ Values: { RECONCILE_MINUTES: 30 } }, 'RECONCILE_MINUTES must be a text'],
])('a file that is not understood is refused without its content', (content, message) => {
  const refusal = refusalOf(() => readSettingsFile(fileOf(content)));
  expect(refusal.name).toBe('ConfigurationError');
  expect(refusal.message).toContain(message);
  expect(refusal.message).not.toContain('s3cr3t');
});

test('what is exported for other tools has no part in a local run', () => {
  const env = {
    PATH: '/bin',
    DATABRICKS_HOST: 'https://other',
    DATABRICKS_PATCH_PER_SECOND: '50',
    AZURE_CLIENT_ID: guid,
  };
  const kept: NodeJS.ProcessEnv = { ...env };
  clearSettings(kept, { identity: false });
  expect(kept).toEqual({ PATH: '/bin', AZURE_CLIENT_ID: guid });
  clearSettings(kept, { identity: true });
  expect(kept).toEqual({ PATH: '/bin' });
});

function refusalOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was accepted');
}
