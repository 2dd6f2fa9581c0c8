import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startWorker } from '../../src/local/worker-process.ts';

const APP_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 'a-value-that-must-not-be-repeated';

const GOOD = {
  ENTRA_TENANT_ID: randomUUID(),
  ENTRA_APPLICATION_OBJECT_ID: randomUUID(),
  DATABRICKS_ACCOUNT_ID: randomUUID(),
  NOTIFICATION_URL: 'https://my-app.azurewebsites.net/api/graph-notifications',
  NOTIFICATION_CLIENT_STATE: `client-state-${SECRET}`,
  ServiceBusConnection: `Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=${SECRET}`,
  AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=n;AccountKey=${SECRET};EndpointSuffix=core.windows.net`,
};

test.each([
  ['ENTRA_TENANT_ID', ''],
  ['DATABRICKS_ACCOUNT_ID', SECRET],
  ['GRAPH_URL', `http://${SECRET}.example.com`],
  ['RECONCILE_MINUTES', '7'],
  ['PROTECTED_OBJECT_IDS', `${randomUUID()}, ${SECRET}`],
  ['NOTIFICATION_CLIENT_STATE', ''],
  ['ServiceBusConnection', SECRET],
  ['AzureWebJobsStorage', ''],
])(
  'a worker does not start with a bad %s, and says which setting, what it holds, and an example',
  async (name, value) => {
    const lines: string[] = [];
    await expect(
      startWorker({
        appRoot: APP_ROOT,
        functions: ['poll-directory'],
        env: { ...GOOD, [name]: value },
        onLog: line => lines.push(line),
      }),
    ).rejects.toThrow();
    const messages = lines.filter(line => /app setting/i.test(line) && !/^\s+at /.test(line));
    const text = new Set(messages.map(line => line.slice(line.search(/The app setting/))));
    expect([...text]).toHaveLength(1);
    const [message] = [...text];
    expect(message).toMatch(
      new RegExp(
        `^The app setting ${name} is (missing|malformed).*It should hold .{10,}Example: ${name}=.{2,}`,
      ),
    );
    expect(lines.join('\n')).not.toContain(SECRET);
  },
);
