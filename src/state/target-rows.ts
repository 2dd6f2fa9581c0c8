import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import { statusOf } from './row-store.ts';
import { withinStorageTime } from './storage-bounds.ts';

/** Actions in one storage transaction. */
const BATCH = 100;

/** What a table holds of a target, as filters. */
const FILTERS = {
  ProvisioningLinks: target => [inPartition(target)],
  ProvisioningMembers: target => [inPartition(target)],
  ProvisioningBacklog: target => [inPartition(target)],
  ProvisioningHolds: target => [inPartition(target)],
  ProvisioningTargets: target =>
    [target, `failure|${target}`, `removals|${target}`, `grace|${target}`].map(inPartition),
  ProvisioningNesting: target => {
    const prefix = `${target}|below|`;
    return [odata`PartitionKey ge ${prefix} and PartitionKey lt ${`${prefix}\uffff`}`];
  },
  ProvisioningLeases: target => [odata`PartitionKey eq 'lease' and RowKey eq ${target}`],
} satisfies Record<string, (target: string) => readonly string[]>;
type TargetTable = keyof typeof FILTERS;

/**
 * All that is stored of one target, whatever it means: links, memberships, backlog, holds, failures, what was taken away
 * of late, nesting, its lease. The provisioning log is left as it is: it says what was done, also to what is gone.
 */
export class TargetRows {
  readonly #table: (name: TargetTable) => TableClient;
  readonly #container: ContainerClient;

  constructor(table: (name: TargetTable) => TableClient, container: ContainerClient) {
    this.#table = table;
    this.#container = container;
  }

  /** Removes it all. May be repeated until it came to its end. @returns rows by table, and blobs, where there were any */
  async remove(target: string): Promise<Record<string, number>> {
    const removed: Record<string, number> = {};
    const count = (place: string, number: number): void => {
      if (number > 0) removed[place] = (removed[place] ?? 0) + number;
    };
    count(this.#container.containerName, await this.#removeBlobs(target));
    for (const name of Object.keys(FILTERS) as TargetTable[])
      for (const filter of FILTERS[name](target)) count(name, await removeRows(this.#table(name), filter));
    return removed;
  }

  async #removeBlobs(target: string): Promise<number> {
    let removed = 0;
    for await (const { name } of this.#container.listBlobsFlat({
      prefix: `${encodeURIComponent(target)}/`,
    })) {
      await withinStorageTime(abortSignal =>
        this.#container.getBlockBlobClient(name).deleteIfExists({ abortSignal }),
      );
      removed += 1;
    }
    return removed;
  }
}

async function removeRows(table: TableClient, filter: string): Promise<number> {
  let removed = 0;
  let batch: TransactionAction[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await removeBatch(table, batch);
    removed += batch.length;
    batch = [];
  };
  const rows = table.listEntities({ queryOptions: { filter, select: ['PartitionKey', 'RowKey'] } });
  for await (const { partitionKey = '', rowKey = '' } of rows) {
    // One partition in one transaction; they come in its order.
    if (batch.length === BATCH || (batch[0] !== undefined && batch[0][1].partitionKey !== partitionKey))
      await flush();
    batch.push(['delete', { partitionKey, rowKey }]);
  }
  await flush();
  return removed;
}

/** One row that is gone already fails a whole transaction: then they go one by one. */
async function removeBatch(table: TableClient, batch: readonly TransactionAction[]): Promise<void> {
  try {
    await table.submitTransaction([...batch]);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    for (const [, { partitionKey, rowKey }] of batch) await removeRow(table, partitionKey, rowKey);
  }
}

async function removeRow(table: TableClient, partitionKey = '', rowKey = ''): Promise<void> {
  try {
    await table.deleteEntity(partitionKey, rowKey);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

function inPartition(partition: string): string {
  return odata`PartitionKey eq ${partition}`;
}
