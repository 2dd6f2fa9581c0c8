import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { keyPart, RowStore, VersionConflict } from '../../src/state/row-store.ts';
import { all, useStorage } from './storage.ts';

const storage = useStorage();
let table: TableClient;
let rows: RowStore<{ n: number }>;

beforeAll(async () => {
  table = await storage.table('Rows');
  rows = new RowStore(table, z.object({ n: z.number() }));
});

const keys = async (...args: Parameters<typeof rows.list>) =>
  (await all(rows.list(...args))).map(({ key }) => key);

describe('a row', () => {
  test('that is missing reads as undefined, and deleting it is no error', async () => {
    expect(await rows.get('p', 'none')).toBeUndefined();
    await rows.delete('p', 'none');
    await expect(rows.delete('p', 'none', 'W/"datetime\'2020\'"')).resolves.toBeUndefined();
  });

  test('is inserted once', async () => {
    await rows.insert('p', 'once', { n: 1 });
    await expect(rows.insert('p', 'once', { n: 2 })).rejects.toThrow(VersionConflict);
    expect((await rows.get('p', 'once'))?.value).toEqual({ n: 1 });
  });

  test('is replaced only in the version that was read, and gives the next one', async () => {
    const first = await rows.insert('p', 'r', { n: 1 });
    const second = await rows.replace('p', 'r', { n: 2 }, first);
    await expect(rows.replace('p', 'r', { n: 3 }, first)).rejects.toThrow(VersionConflict);
    const row = await rows.get('p', 'r');
    expect(row).toMatchObject({ value: { n: 2 }, etag: second });
    await rows.delete('p', 'r', second);
    await expect(rows.replace('p', 'r', { n: 3 }, second)).rejects.toThrow(VersionConflict);
  });

  test('is deleted only in the version that was read', async () => {
    const first = await rows.insert('p', 'd', { n: 1 });
    await rows.upsert('p', 'd', { n: 2 });
    await expect(rows.delete('p', 'd', first)).rejects.toThrow(VersionConflict);
    await rows.delete('p', 'd');
    expect(await rows.get('p', 'd')).toBeUndefined();
  });

  test('of more than a property holds is stored whole, and shrinks again', async () => {
    const texts = new RowStore(table, z.array(z.string()));
    // Ten thousand ids: everybody whom an account can hold, in one hold of one group.
    const ids = Array.from({ length: 10_000 }, () => randomUUID());
    const etag = await texts.insert('p', 'long', ids);
    expect((await texts.get('p', 'long'))?.value).toEqual(ids);
    const next = await texts.replace('p', 'long', ids.slice(0, 2_000), etag);
    expect((await all(texts.list('p', { prefix: 'long' })))[0]).toMatchObject({
      value: ids.slice(0, 2_000),
      etag: next,
    });
    await texts.upsert('p', 'long', ['short']);
    expect((await texts.get('p', 'long'))?.value).toEqual(['short']);
    // A character of two units, where the first part would end between them.
    const split = [`${'x'.repeat(31_997)}😀${'x'.repeat(500)}`];
    await texts.upsert('p', 'long', split);
    expect((await texts.get('p', 'long'))?.value[0]?.replaceAll('x', '')).toBe('😀');
    expect((await texts.get('p', 'long'))?.value[0]?.length).toBe(split[0]?.length);
    const { data } = await table.getEntity<{ data: string }>('p', 'long');
    expect(data.isWellFormed()).toBe(true);
  });

  test('that another version wrote in another form fails loudly', async () => {
    await table.createEntity({ partitionKey: 'p', rowKey: 'odd', data: '{"n":"one"}' });
    await expect(rows.get('p', 'odd')).rejects.toThrow(z.ZodError);
  });

  test('whose storage is down is an error, not a missing row', async () => {
    const { proxy, state } = await storage.proxied();
    onTestFinished(() => proxy.close());
    proxy.rules.push({ method: 'GET', action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' } });
    await expect(state.leases.acquire('x', 'me', 1_000)).rejects.toMatchObject({ statusCode: 403 });
  });
});

describe('a list', () => {
  beforeAll(async () => {
    for (const [key, dueAt] of [
      ['a|1', 100],
      ['a|2', 300],
      ['ab|1', 100],
      ['b|1', undefined],
    ] as const) {
      await rows.insert('list', key, { n: 0 }, dueAt);
    }
    await rows.insert('other', 'a|0', { n: 0 }, 100);
  });

  test('holds one partition in key order', async () => {
    expect(await keys('list')).toEqual(['ab|1', 'a|1', 'a|2', 'b|1']);
    expect(await keys('nothing')).toEqual([]);
  });

  test('is narrowed by prefix, due time and number', async () => {
    expect(await keys('list', { prefix: 'a|' })).toEqual(['a|1', 'a|2']);
    expect(await keys('list', { dueBy: 299 })).toEqual(['ab|1', 'a|1']);
    expect(await keys('list', { dueBy: 300.7, prefix: 'a|' })).toEqual(['a|1', 'a|2']);
    expect(await keys('list', { limit: 2 })).toEqual(['ab|1', 'a|1']);
  });

  test('reads on over pages', async () => {
    const many = Array.from({ length: 1_005 }, (_, index) => String(index).padStart(4, '0'));
    for (let start = 0; start < many.length; start += 100) {
      const batch = many.slice(start, start + 100).map(key => rows.putAction('many', key, { n: 1 }));
      await table.submitTransaction(batch);
    }
    expect(await keys('many')).toEqual(many);
    expect((await keys('many', { limit: 1_001 })).length).toBe(1_001);
  });
});

describe('keyPart', () => {
  test('leaves nothing that a key, or the address of a row, cannot carry, and keeps different texts apart', () => {
    const odd = ['a/b', 'a\\b', 'a#b', 'a?b', 'a%b', 'a%2fb', 'a\u0000b', 'a\u0085b', 'a!2fb', "a'b", 'ab'];
    const parts = odd.map(keyPart);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    for (const part of parts) expect(part).not.toMatch(/[/\\#?%\u0000-\u001f\u007f-\u009f]/);
    expect(new Set(parts).size).toBe(odd.length);
  });
});
