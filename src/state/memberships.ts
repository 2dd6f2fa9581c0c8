import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import { RetryLater } from '../identity/errors.ts';
import { principalKind } from '../identity/principal.ts';
import { hasCode, statusOf, VersionConflict } from './row-store.ts';
import { LARGEST_STORED_BYTES, withinStorageTime } from './storage-bounds.ts';

/** Entra object id -> SCIM id. */
const members = z.record(z.string(), z.string());

const recordSchema = z.object({
  /** Memberships as last acknowledged by the target. */
  members,
  /** What is about to be written. Members named here are uncertain: they are written again, and may be there. */
  intent: z.object({ add: members, remove: members, at: z.number(), epoch: z.number() }).optional(),
  /** Members that an audit saw missing although we wrote them. */
  uncertain: z.array(z.string()).default([]),
  /** Entra id -> kind, of members that are no users. */
  kinds: z.record(z.string(), principalKind).default({}),
  /** Groups nested below this one at the last complete read. */
  nested: z.array(z.string()).default([]),
  /** Entra id -> when we removed the membership (ms); kept for as long as a grant needs a second read. */
  removed: z.record(z.string(), z.number()).default({}),
  /** Entra id -> first look that wanted to undo such a removal (ms). */
  grantSeen: z.record(z.string(), z.number()).default({}),
  lastWriteAt: z.number().optional(),
});
export type MembershipRecord = z.infer<typeof recordSchema>;

export interface StoredRecord {
  readonly value: MembershipRecord;
  /** Undefined while the record was never stored. */
  readonly etag: string | undefined;
}

/**
 * What we wrote of each group's members: one blob per target and SCIM group. Databricks' own reads lag and its group
 * lists carry no members, so the difference is taken against this.
 */
export class MembershipRecords {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  async read(target: string, scimGroupId: string): Promise<StoredRecord> {
    try {
      const { text, etag } = await withinStorageTime(signal =>
        download(this.#blob(target, scimGroupId), signal),
      );
      return { value: recordSchema.parse(JSON.parse(text)), etag };
    } catch (error) {
      // Without its container a record is not absent: who left a group could not be told any more.
      if (statusOf(error) !== 404 || hasCode(error, 'ContainerNotFound')) throw error;
      return { value: recordSchema.parse({ members: {} }), etag: undefined };
    }
  }

  /** @throws {VersionConflict} when another writer stored the record since it was read. */
  async write(
    target: string,
    scimGroupId: string,
    stored: StoredRecord,
    value: MembershipRecord,
  ): Promise<StoredRecord> {
    const body = JSON.stringify(value);
    const conditions = stored.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: stored.etag };
    try {
      const { etag } = await withinStorageTime(abortSignal =>
        this.#blob(target, scimGroupId).upload(body, Buffer.byteLength(body), {
          conditions,
          blobHTTPHeaders: { blobContentType: 'application/json' },
          abortSignal,
        }),
      );
      return { value, etag };
    } catch (error) {
      const status = statusOf(error);
      if (status === 409 || status === 412) {
        throw new VersionConflict('a membership record was changed by another writer', { cause: error });
      }
      throw error;
    }
  }

  #blob(target: string, scimGroupId: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(
      `${encodeURIComponent(target)}/${encodeURIComponent(scimGroupId)}.json`,
    );
  }
}

async function download(
  blob: BlockBlobClient,
  abortSignal: AbortSignal,
): Promise<{ text: string; etag: string | undefined }> {
  const response = await blob.download(undefined, undefined, { abortSignal });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.readableStreamBody ?? []) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > LARGEST_STORED_BYTES) throw new RetryLater('a membership record is larger than can be right');
  }
  return { text: Buffer.concat(chunks).toString('utf8'), etag: response.etag };
}
