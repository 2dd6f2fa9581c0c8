import { odata, RestError, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { z } from 'zod';

/** A stored value with the version that a conditional write needs. */
export interface Row<T> {
  readonly key: string;
  readonly value: T;
  readonly etag: string;
}

/** The row was changed or removed by somebody else since it was read, or exists although it must not. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}

interface Stored {
  partitionKey: string;
  rowKey: string;
  data: string;
  /** What follows `data`, of a value that is longer than a property may be. */
  [further: `data${number}`]: string;
  /** Milliseconds; only on rows that are asked for by time. */
  dueAt?: number;
  etag?: string;
}

/**
 * Typed rows of one table: the value is JSON under one property, validated on every read, so that a row written by
 * another version fails loudly instead of being half understood.
 */
export class RowStore<T> {
  readonly #table: TableClient;
  readonly #schema: z.ZodType<T>;

  constructor(table: TableClient, schema: z.ZodType<T>) {
    this.#table = table;
    this.#schema = schema;
  }

  async get(partition: string, key: string): Promise<Row<T> | undefined> {
    try {
      return this.#row(await this.#table.getEntity<Stored>(partition, key));
    } catch (error) {
      if (statusOf(error) === 404 && !isMissingTable(error)) return undefined;
      throw error;
    }
  }

  /** @throws {VersionConflict} when the row exists. */
  async insert(partition: string, key: string, value: T, dueAt?: number): Promise<string> {
    return versioned(
      async () => (await this.#table.createEntity(this.#entity(partition, key, value, dueAt))).etag ?? '*',
    );
  }

  /** @throws {VersionConflict} when the row is no longer the one with `etag`. */
  async replace(partition: string, key: string, value: T, etag: string, dueAt?: number): Promise<string> {
    return versioned(
      async () =>
        (await this.#table.updateEntity(this.#entity(partition, key, value, dueAt), 'Replace', { etag }))
          .etag ?? '*',
    );
  }

  async upsert(partition: string, key: string, value: T, dueAt?: number): Promise<void> {
    await this.#table.upsertEntity(this.#entity(partition, key, value, dueAt), 'Replace');
  }

  /**
   * A row that is already gone counts as deleted.
   * @throws {VersionConflict} when it is there and no longer the one with `etag`.
   */
  async delete(partition: string, key: string, etag = '*'): Promise<void> {
    await versioned(async () => {
      try {
        await this.#table.deleteEntity(partition, key, { etag });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  /** Rows of a partition in key order; `prefix` narrows to keys that start with it, `dueBy` to rows due by then. */
  async *list(
    partition: string,
    options: { prefix?: string; dueBy?: number; limit?: number } = {},
  ): AsyncGenerator<Row<T>> {
    let filter = odata`PartitionKey eq ${partition}`;
    if (options.prefix !== undefined) {
      filter += odata` and RowKey ge ${options.prefix} and RowKey lt ${`${options.prefix}\uffff`}`;
    }
    if (options.dueBy !== undefined) filter += ` and dueAt le ${Math.floor(options.dueBy)}L`;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    const pages = this.#table
      .listEntities<Stored>({ queryOptions: { filter } })
      .byPage({ maxPageSize: Math.min(left, 1_000) });
    for await (const page of pages) {
      for (const entity of page) {
        if (left-- <= 0) return;
        yield this.#row(entity);
      }
      if (left <= 0) return;
    }
  }

  /** The value as an action of a transaction over this table. */
  putAction(partition: string, key: string, value: T, etag?: string): TransactionAction {
    const entity = this.#entity(partition, key, value);
    return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }];
  }

  #entity(partitionKey: string, rowKey: string, value: T, dueAt?: number) {
    return {
      partitionKey,
      rowKey,
      ...partsOf(JSON.stringify(value)),
      ...(dueAt === undefined ? {} : { dueAt: { type: 'Int64' as const, value: String(Math.trunc(dueAt)) } }),
    };
  }

  #row(entity: Stored): Row<T> {
    const value = this.#schema.parse(JSON.parse(textOf(entity)));
    return { key: entity.rowKey ?? '', value, etag: entity.etag ?? '*' };
  }
}

/**
 * A text property holds 64 KiB of UTF-16, a row sixteen of them (Microsoft Learn, "Understanding the Table service data
 * model"): a hold that names everybody in a large group is longer than one.
 */
const LONGEST_PART = 32_000;

function partsOf(text: string): Pick<Stored, 'data' | `data${number}`> {
  const parts = { data: '' } as Pick<Stored, 'data' | `data${number}`>;
  for (let start = 0, index = 0; start < text.length || index === 0; index += 1) {
    const cut = text.slice(start, start + LONGEST_PART);
    // Half a surrogate pair is no text that can be sent.
    const part = cut.isWellFormed() ? cut : cut.slice(0, -1);
    if (index === 0) parts.data = part;
    else parts[`data${index}`] = part;
    start += part.length;
  }
  return parts;
}

function textOf(entity: Stored): string {
  let text = entity.data;
  for (let index = 1; ; index += 1) {
    const part: string | undefined = entity[`data${index}`];
    if (part === undefined) return text;
    text += part;
  }
}

/** Runs one transaction of at most 100 actions in one partition. @throws {VersionConflict} */
export async function transact(table: TableClient, actions: TransactionAction[]): Promise<void> {
  await versioned(async () => {
    await table.submitTransaction(actions);
    return undefined;
  });
}

async function versioned<R>(write: () => Promise<R>): Promise<R> {
  try {
    return await write();
  } catch (error) {
    const status = statusOf(error);
    // 404 on a conditional update: the row that was read is gone, which is a lost race like any other.
    if (status === 409 || status === 412 || status === 404) {
      throw new VersionConflict(`a row was changed by another writer (${status})`, { cause: error });
    }
    throw error;
  }
}

/** The HTTP status of a storage error, if it has one. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' &&
    error !== null &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** Without its table a row is not absent: nothing may be concluded from state that is gone. */
export function isMissingTable(error: unknown): boolean {
  return hasCode(error, 'TableNotFound');
}

/** Whether the service gave that code, in a header or in the body. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof RestError && `${error.code} ${JSON.stringify(error.details)}`.includes(code);
}

/**
 * Table keys must not hold `/ \ # ?` or control characters; principals' ids are checked at the door, the rest here.
 * The percent sign is legal and still a trap: not every client and server decodes it equally often.
 */
export function keyPart(text: string): string {
  return text.replace(/[/\\#?%!\p{Cc}]/gu, char => `!${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
