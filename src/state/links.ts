import { createHash } from 'node:crypto';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { forEachAtOnce } from '../identity/at-once.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, type PrincipalKind, principal, principalKey } from '../identity/principal.ts';
import { leaveEvents } from '../planning/lifecycle.ts';
import { keyPart, type Row, RowStore, transact, VersionConflict } from './row-store.ts';
import { storedAssignment } from './stored-assignment.ts';

const attributes = z.record(z.string(), z.union([z.string(), z.boolean()]));

/** What is about to be written, stored before it is written. */
const intent = z.object({
  /** Values that the write sets; for a create all of them. */
  attributes,
  /** When the last write began that may still take effect. */
  at: z.number(),
  /** When the first try of a create began, where `at` is a later one's. */
  since: z.number().optional(),
  epoch: z.number(),
});

const linkSchema = z.object({
  principal,
  /** `creating` until the target's answer is known; `gone` once somebody else took the resource away. */
  status: z.enum(['creating', 'linked', 'gone']),
  scimId: z.string().optional(),
  /** The name that the link claims in the target, as last written. */
  name: z.string(),
  /** Values as last acknowledged by the target. Values under an open intent are uncertain. */
  written: attributes,
  intent: intent.optional(),
  /** Names of attributes that an audit saw differing: written again even where they equal `written`. */
  uncertain: z.array(z.string()).optional(),
  lastWriteAt: z.number().optional(),
  /** A read after the last write showed the account as it was written: off. */
  offSeen: z.boolean().optional(),
  /** When we last took access away; a grant shortly after needs a second agreeing read. */
  deactivatedAt: z.number().optional(),
  /** First look that wanted to undo a recent removal. */
  grantSeenAt: z.number().optional(),
  /** Since when it does not show, where what does not show need not be gone. */
  missingSince: z.number().optional(),
  /** Accounts that it had under earlier names. They are switched off, and stay its own. */
  former: z
    .array(
      z.object({
        scimId: z.string(),
        name: z.string(),
        active: z.boolean(),
        written: attributes,
        lastWriteAt: z.number().optional(),
      }),
    )
    .optional(),
  /** Since when the principal is away, and because of which event; the grace period of the policy runs from there. */
  leaving: z.object({ event: z.enum([...leaveEvents, 'deleted']), since: z.number() }).optional(),
  /** Workspaces that the resource is assigned to by us, by their ids. */
  workspaces: z.record(z.string(), storedAssignment).optional(),
});
export type Link = z.infer<typeof linkSchema>;
export type LinkRow = Row<Link>;

/** Point reads of one call that run at the same time. */
const READS_AT_ONCE = 16;
/** More point reads than this for each page of a list, and the list is sooner there. */
const READS_PER_PAGE = 8;
const ROWS_PER_PAGE = 1_000;
/** Taken for the size of a target that was not read as a whole yet: ten thousand links. */
const UNKNOWN_PAGES = 10;

const claim = z.object({ principal });
type Claim = z.infer<typeof claim>;

/**
 * Links of every target. A link, its SCIM id and its name are three rows of one partition written in one batch, so
 * that neither two principals can share a resource or a name, nor one principal have two.
 */
export class LinkStore {
  readonly #table: TableClient;
  readonly #links: RowStore<Link>;
  readonly #claims: RowStore<Claim>;
  /** Pages that it took to read all links of a target the last time. */
  readonly #pages = new Map<string, number>();

  constructor(table: TableClient) {
    this.#table = table;
    this.#links = new RowStore<Link>(table, linkSchema);
    this.#claims = new RowStore<Claim>(table, claim);
  }

  get(target: string, p: Principal): Promise<LinkRow | undefined> {
    return this.#links.get(target, linkKey(p));
  }

  /** Links of a target in key order, all kinds unless one is named. */
  async *list(target: string, kind?: PrincipalKind): AsyncGenerator<LinkRow> {
    let rows = 0;
    for await (const row of this.#links.list(target, { prefix: kind === undefined ? 'p|' : `p|${kind}|` })) {
      rows += 1;
      yield row;
    }
    if (kind === undefined) this.#pages.set(target, Math.ceil(rows / ROWS_PER_PAGE) + 1);
  }

  /**
   * The links of many at once, by {@link principalKey}; who has none is missing. Reads all links of the target where
   * that takes fewer requests: a group may hold most of the tenant.
   */
  async getMany(target: string, principals: readonly Principal[]): Promise<ReadonlyMap<string, LinkRow>> {
    const found = new Map<string, LinkRow>();
    if (principals.length > READS_PER_PAGE * (this.#pages.get(target) ?? UNKNOWN_PAGES)) {
      const wanted = new Set(principals.map(principalKey));
      for await (const row of this.list(target)) {
        const key = principalKey(row.value.principal);
        if (wanted.has(key)) found.set(key, row);
      }
      return found;
    }
    await forEachAtOnce(principals, READS_AT_ONCE, async p => {
      const row = await this.get(target, p);
      if (row !== undefined) found.set(principalKey(p), row);
    });
    return found;
  }

  /** Who holds this name among links and tombstones of the same kind. */
  holderOfName(target: string, kind: PrincipalKind, name: string): Promise<Principal | undefined> {
    return this.#holder(target, nameKey(kind, name));
  }

  holderOfScimId(target: string, kind: PrincipalKind, scimId: string): Promise<Principal | undefined> {
    return this.#holder(target, scimKey(kind, scimId));
  }

  /**
   * Stores a new link, its name and, where it is known, its SCIM id.
   * @throws {VersionConflict} when the principal is linked, or the name or the resource belongs to another link.
   */
  async add(target: string, link: Link): Promise<void> {
    await this.#claiming(target, link, () => this.#insert(target, link));
  }

  async #insert(target: string, link: Link): Promise<void> {
    await transact(this.#table, [
      this.#links.putAction(target, linkKey(link.principal), link),
      ...claimsOf(link).map(key => this.#claimAction(target, key, link.principal)),
    ]);
  }

  /**
   * Replaces a link that was read before; claims follow its name and SCIM id.
   * @throws {VersionConflict} when it changed since, or a new name or id belongs to another link.
   */
  async replace(target: string, row: LinkRow, next: Link): Promise<LinkRow> {
    return this.#claiming(target, next, () => this.#replace(target, row, next));
  }

  async #replace(target: string, row: LinkRow, next: Link): Promise<LinkRow> {
    const [before, after] = [claimsOf(row.value), claimsOf(next)];
    const actions: TransactionAction[] = [
      this.#links.putAction(target, linkKey(next.principal), next, row.etag),
      ...after
        .filter(key => !before.includes(key))
        .map(key => this.#claimAction(target, key, next.principal)),
      ...before
        .filter(key => !after.includes(key))
        .map((key): TransactionAction => ['delete', { partitionKey: target, rowKey: key }]),
    ];
    if (actions.length === 1) {
      const etag = await this.#links.replace(target, linkKey(next.principal), next, row.etag);
      return { key: row.key, value: next, etag };
    }
    await transact(this.#table, actions);
    const stored = await this.get(target, next.principal);
    if (stored === undefined)
      throw new VersionConflict(`the link of ${principalKey(next.principal)} vanished`);
    return stored;
  }

  /**
   * Takes back a link whose create the target refused: nothing of it exists there. The link goes first: a claim that
   * outlives it in a crash counts for nothing, and goes when somebody else needs it.
   */
  async forget(target: string, row: LinkRow): Promise<void> {
    const keys = claimsOf(row.value);
    const claims = await Promise.all(keys.map(key => this.#claims.get(target, key)));
    await this.#links.delete(target, linkKey(row.value.principal), row.etag);
    for (const claimed of claims) if (claimed !== undefined) await this.#dropClaim(target, claimed);
  }

  async #holder(target: string, key: string): Promise<Principal | undefined> {
    const claimed = await this.#claims.get(target, key);
    if (claimed === undefined || !(await this.#isBacked(target, claimed))) return undefined;
    return claimed.value.principal;
  }

  /** Runs a write that claims; once more when claims stood in its way that no link stands behind. */
  async #claiming<R>(target: string, link: Link, write: () => Promise<R>): Promise<R> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof VersionConflict) || !(await this.#dropStaleClaims(target, link))) throw error;
      return write();
    }
  }

  async #dropStaleClaims(target: string, link: Link): Promise<boolean> {
    let dropped = false;
    for (const key of claimsOf(link)) {
      const claimed = await this.#claims.get(target, key);
      if (claimed === undefined || (await this.#isBacked(target, claimed))) continue;
      await this.#dropClaim(target, claimed);
      dropped = true;
    }
    return dropped;
  }

  /** In the version that was read: in the meantime the key may have come to somebody else. */
  async #dropClaim(target: string, { key, etag }: Row<Claim>): Promise<void> {
    try {
      await this.#claims.delete(target, key, etag);
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }

  async #isBacked(target: string, { key, value }: Row<Claim>): Promise<boolean> {
    const link = (await this.get(target, value.principal))?.value;
    return link !== undefined && claimsOf(link).includes(key);
  }

  #claimAction(target: string, key: string, p: Principal): TransactionAction {
    return this.#claims.putAction(target, key, { principal: p });
  }
}

/** Keys of the rows that a link needs for itself alone. */
function claimsOf({ principal: { kind }, name, scimId, former = [] }: Link): string[] {
  const held = [{ name, scimId }, ...former];
  return [
    ...new Set(held.map(account => nameKey(kind, account.name))),
    ...held.flatMap(account => (account.scimId === undefined ? [] : [scimKey(kind, account.scimId)])),
  ];
}

function linkKey(p: Principal): string {
  return `p|${p.kind}|${p.id}`;
}

function scimKey(kind: PrincipalKind, scimId: string): string {
  return `s|${kind}|${keyPart(scimId)}`;
}

/** Hashed: names hold characters that keys forbid, and are personal data that a key need not carry. */
function nameKey(kind: PrincipalKind, name: string): string {
  return `n|${kind}|${createHash('sha256').update(foldName(name)).digest('hex')}`;
}
