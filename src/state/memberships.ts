import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import { principalKind } from '../identity/principal.ts';
import { statusOf, VersionConflict } from './row-store.ts';

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
      const response = await this.#blob(target, scimGroupId).download();
      const chunks: Buffer[] = [];
      for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      const value = recordSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      return { value, etag: response.etag };
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
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
      const { etag } = await this.#blob(target, scimGroupId).upload(body, Buffer.byteLength(body), {
        conditions,
        blobHTTPHeaders: { blobContentType: 'application/json' },
      });
      return { value, etag };
    } catch (error) {
      const status = statusOf(error);
      if (status === 409 || status === 412) {
        throw new VersionConflict('a membership record was changed by another writer', { cause: error });
      }
      throw error;
    }
  }

  #blob(target: string, scimGroupId: string) {
    return this.#container.getBlockBlobClient(
      `${encodeURIComponent(target)}/${encodeURIComponent(scimGroupId)}.json`,
    );
  }
}
