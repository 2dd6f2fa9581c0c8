import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestError, TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type LocalStorage, startStorage } from '../../../src/local/storage/azurite.ts';
import { type StorageProxy, startStorageProxy } from '../../../src/local/storage/storage-proxy.ts';

const accounts = Array.from({ length: 12 }, (_, index) => `test${index}`);
const unused = [...accounts];
let storage: LocalStorage;

beforeAll(async () => {
  storage = await startStorage({ accounts });
});
afterAll(async () => {
  await storage.close();
});

function tableOf(connectionString: string, retries = 0): TableClient {
  return TableClient.fromConnectionString(connectionString, 'rows', {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: retries },
  });
}

/** A proxy in front of a fresh account that has one table. */
async function proxied(): Promise<{ proxy: StorageProxy; direct: TableClient; through: TableClient }> {
  const account = unused.pop() ?? 'none';
  const proxy = await startStorageProxy(storage, account);
  onTestFinished(() => proxy.close());
  const direct = tableOf(storage.account(account).connectionString);
  await direct.createTable();
  return { proxy, direct, through: tableOf(proxy.connectionString) };
}

const row = (rowKey: string) => ({ partitionKey: 'p', rowKey, name: 'Zoë' });

async function rowKeys(table: TableClient): Promise<string[]> {
  const keys: string[] = [];
  for await (const { rowKey } of table.listEntities()) keys.push(rowKey ?? '');
  return keys;
}

describe('the local storage', () => {
  test('serves tables and blobs of several accounts apart', async () => {
    const one = tableOf(storage.account(unused.pop() ?? '').connectionString);
    const two = tableOf(storage.account(unused.pop() ?? '').connectionString);
    await Promise.all([one.createTable(), two.createTable()]);
    await one.createEntity(row('r'));
    expect(await rowKeys(one)).toEqual(['r']);
    expect(await rowKeys(two)).toEqual([]);
    expect(() => storage.account('unknown')).toThrow('no account');
  });

  test('refuses a stale ETag', async () => {
    const table = tableOf(storage.account(unused.pop() ?? '').connectionString);
    await table.createTable();
    await table.createEntity(row('r'));
    const { etag } = await table.getEntity('p', 'r');
    await table.updateEntity({ ...row('r'), name: 'first' }, 'Replace', { etag });
    await expect(table.updateEntity(row('r'), 'Replace', { etag })).rejects.toMatchObject({
      statusCode: 412,
    });
  });

  test('keeps its data in a folder across a restart', async () => {
    const location = mkdtempSync(join(tmpdir(), 'storage-'));
    onTestFinished(() => rmSync(location, { recursive: true, force: true }));
    const first = await startStorage({ location });
    const table = tableOf(first.account('local').connectionString);
    await table.createTable();
    await table.createEntity(row('kept'));
    await first.close();
    const second = await startStorage({ location });
    onTestFinished(() => second.close());
    expect(await rowKeys(tableOf(second.account('local').connectionString))).toEqual(['kept']);
  });

  test('ends with the process that started it, even when that is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'storage-parent-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const parentFile = join(folder, 'parent.mjs');
    const azurite = new URL('../../../src/local/storage/azurite.ts', import.meta.url).href;
    writeFileSync(
      parentFile,
      `import { startStorage } from '${azurite}';
       const { blobPort } = await startStorage();
       process.send(blobPort);`,
    );
    const parent = fork(parentFile);
    const [port] = (await once(parent, 'message')) as [number];
    const [child] = execFileSync('pgrep', ['-P', String(parent.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    await expect(fetch(`http://127.0.0.1:${port}/`)).resolves.toBeDefined();
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(Number(child)), { timeout: 10_000 });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the storage proxy', () => {
  test('forwards signed requests of tables, transactions and blobs', async () => {
    const { proxy, direct, through } = await proxied();
    await through.createEntity(row("apostrophe's"));
    await through.submitTransaction([
      ['create', row('a')],
      ['create', row('b')],
    ]);
    expect((await through.getEntity('p', "apostrophe's")).name).toBe('Zoë');
    expect(await rowKeys(direct)).toEqual(['a', "apostrophe's", 'b']);

    const blobs = BlobServiceClient.fromConnectionString(proxy.connectionString).getContainerClient(
      'members',
    );
    await blobs.create();
    const blob = blobs.getBlockBlobClient('group/1.json');
    await blob.uploadData(Buffer.from('{"id":"ü"}'));
    expect((await blob.downloadToBuffer()).toString()).toBe('{"id":"ü"}');
    expect(proxy.requests).toBe(7);
    expect(proxy.inFlight).toBe(0);
  });

  test('passes on what the storage refuses', async () => {
    const { through } = await proxied();
    await through.createEntity(row('r'));
    await expect(through.createEntity(row('r'))).rejects.toMatchObject({ statusCode: 409 });
  });

  test('fails a request by method and path, as often as asked', async () => {
    const { proxy, direct, through } = await proxied();
    proxy.rules.push({ method: 'POST', path: /^\/rows/, times: 1, action: { kind: 'fail', status: 503 } });
    await expect(through.createEntity(row('r'))).rejects.toMatchObject({ statusCode: 503 });
    expect(await rowKeys(direct)).toEqual([]);
    await through.createEntity(row('r'));
    expect(await rowKeys(direct)).toEqual(['r']);
  });

  test('tells rows apart by the body, also inside a transaction', async () => {
    const { proxy, direct, through } = await proxied();
    proxy.rules.push({ path: /^\/\$batch/, body: /"RowKey":"bad"/, action: { kind: 'fail', status: 500 } });
    await through.submitTransaction([['create', row('good')]]);
    await expect(through.submitTransaction([['create', row('bad')]])).rejects.toBeInstanceOf(RestError);
    expect(await rowKeys(direct)).toEqual(['good']);
  });

  test('applies a request and fails all the same', async () => {
    const { proxy, direct, through } = await proxied();
    proxy.rules.push({ method: /POST/, times: 2, action: { kind: 'failAfter', status: 500 } });
    await expect(through.createEntity(row('answered'))).rejects.toMatchObject({ statusCode: 500 });
    proxy.rules.splice(0);
    proxy.rules.push({ method: /POST/, times: 1, action: { kind: 'dropResponse' } });
    await expect(through.createEntity(row('cut'))).rejects.toThrow();
    expect(await rowKeys(direct)).toEqual(['answered', 'cut']);
  });

  test('cuts a connection before the request is applied', async () => {
    const { proxy, direct, through } = await proxied();
    proxy.rules.push({ service: 'table', action: { kind: 'drop' }, times: 1 });
    await expect(through.createEntity(row('r'))).rejects.toThrow();
    expect(await rowKeys(direct)).toEqual([]);
  });

  test('holds a request before it is applied and after', async () => {
    const { proxy, direct, through } = await proxied();
    const before = Promise.withResolvers<void>();
    const after = Promise.withResolvers<void>();
    const phases: string[] = [];
    proxy.gate = async event => {
      phases.push(`${event.phase} ${event.method} ${event.path}`);
      await (event.phase === 'before' ? before.promise : after.promise);
    };
    const written = through.createEntity(row('r'));
    await vi.waitUntil(() => phases.length === 1, { timeout: 10_000 });
    expect(await rowKeys(direct)).toEqual([]);
    expect(proxy.inFlight).toBe(1);
    before.resolve();
    await vi.waitUntil(() => phases.length === 2, { timeout: 10_000 });
    expect(await rowKeys(direct)).toEqual(['r']);
    after.resolve();
    await written;
    expect(phases).toEqual(['before POST /rows', 'after POST /rows']);
  });

  test('delays a request by the wall clock', async () => {
    const { proxy, direct, through } = await proxied();
    proxy.rules.push({ action: { kind: 'delay', ms: 60_000 }, times: 1 });
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const written = through.createEntity(row('r'));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(await rowKeys(direct)).toEqual([]);
    vi.setSystemTime(Date.now() + 61_000);
    await written;
    expect(await rowKeys(direct)).toEqual(['r']);
  });
});
