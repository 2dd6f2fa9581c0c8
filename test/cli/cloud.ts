import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { CommandResult } from '../../src/cli/command.ts';
import { carryOut, understand } from '../../src/cli/run.ts';
import { type LocalCloud, startLocalCloud } from '../../src/local/cloud.ts';
import type { DirectorySeed } from '../../src/local/directory/types.ts';
import { type StorageProxy, startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { openState, type State } from '../../src/state/state.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { APPLICATION } from '../harness/tenant.ts';

interface Opened {
  readonly cloud: LocalCloud;
  readonly state: State;
  readonly target: string;
  readonly storage: StorageProxy;
}

/** A cloud for the tests of the calling file, without a worker, and the command line in this process. */
export function useCloud(seed: DirectorySeed) {
  const started = new AsyncDisposableStack();
  let opened: Opened | undefined;
  const get = (): Opened => {
    if (opened === undefined) throw new Error('the cloud is not started yet');
    return opened;
  };
  beforeAll(async () => {
    const accountId = randomUUID();
    const server = await takeStorage();
    started.defer(() => server.close());
    const storage = await startStorageProxy(server, server.accountName);
    started.defer(() => storage.close());
    const cloud = await startLocalCloud({
      tenantId: randomUUID(),
      accountId,
      applicationObjectId: APPLICATION,
      limits: 'off',
      seed,
      storage,
    });
    started.defer(() => cloud.close());
    for (const [name, value] of Object.entries(cloud.identity.env)) {
      const before = process.env[name];
      started.defer(() => {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      });
      process.env[name] = value;
    }
    const state = openState({ connectionString: storage.connectionString });
    await state.ensure();
    opened = { cloud, state, storage, target: `account-${accountId}` };
  });
  afterAll(() => started.disposeAsync());

  /** What `npm run ops -- ...` comes to. */
  async function ops(
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult & { text: string }> {
    const invocation = understand(args);
    if (invocation.command === undefined) throw new Error('that is the help');
    const { signal } = new AbortController();
    const env = { ...get().cloud.settings, ...more };
    const result = await carryOut(invocation, invocation.command, env, { signal, note: () => undefined });
    return { ...result, text: result.lines.join('\n') };
  }

  return { opened: get, ops };
}
