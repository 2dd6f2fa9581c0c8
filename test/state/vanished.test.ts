import { BlobServiceClient } from '@azure/storage-blob';
import { expect, onTestFinished, test } from 'vitest';
import { CONTAINER } from '../../src/state/state.ts';
import { useStorage } from './storage.ts';

const storage = useStorage();

test('a table that is still being deleted is not taken for one that is there', async () => {
  const { proxy, state } = await storage.proxied();
  onTestFinished(() => proxy.close());
  proxy.rules.push({
    method: 'POST',
    path: /^\/Tables/,
    body: /ProvisioningLinks/,
    times: 1,
    action: { kind: 'fail', status: 409, code: 'TableBeingDeleted' },
  });
  await expect(state.ensure()).rejects.toThrow();
  await expect(state.ensure()).resolves.toBeUndefined();
});

test('without their container membership records are not empty: nothing is concluded from them', async () => {
  const { state } = storage;
  expect((await state.records.read('target', 'group')).value.members).toEqual({});
  await BlobServiceClient.fromConnectionString(storage.connectionString)
    .getContainerClient(CONTAINER)
    .delete();
  await expect(state.records.read('target', 'group')).rejects.toMatchObject({ statusCode: 404 });
  await state.ensure();
  expect((await state.records.read('target', 'group')).value.members).toEqual({});
});
