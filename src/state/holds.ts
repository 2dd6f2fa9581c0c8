import { createHash } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { type Principal, principal, principalKey } from '../identity/principal.ts';
import { type Row, RowStore } from './row-store.ts';

/**
 * Why an action is kept back until a person decides. Some kinds cannot be approved, since they state something that no
 * write of ours can change: src/operations/holds.ts says for each what helps.
 */
export const holdKinds = [
  'proposed-adoption',
  'refused-adoption',
  'ambiguous-match',
  'identity-re-use',
  'name-in-use',
  'protected-name',
  'large-shrink',
  'removal-limit',
  'hidden-membership',
  'unknown-in-source',
  'user-name-change',
  'name-passed-on',
  'missing-values',
  'group-deletion',
  'nesting-cut',
  'deleted-in-target',
  'workspace-assignment',
  'last-admin',
  'managed-identities',
] as const;
export type HoldKind = (typeof holdKinds)[number];

const holdSchema = z.object({
  kind: z.enum(holdKinds),
  principal,
  /** Ids that the action would touch: Entra ids of members, or the SCIM id of the resource to adopt. */
  ids: z.array(z.string()),
  cause: z.string(),
  /** Of the facts that led here: an approval counts only while they are equal. */
  fingerprint: z.string(),
  heldAt: z.number(),
  approvedAt: z.number().optional(),
  /** A person said no: it stays held, and is not shown as open, for as long as the facts are the same. */
  rejectedAt: z.number().optional(),
});
export type Hold = z.infer<typeof holdSchema>;
export type HoldRequest = Pick<Hold, 'kind' | 'principal' | 'ids' | 'cause'>;

/** Kept-back actions: one row per target, principal and kind. */
export class Holds {
  readonly #rows: RowStore<Hold>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<Hold>(table, holdSchema);
  }

  /** Stores or refreshes a hold. True when a person has approved exactly this. */
  async hold(target: string, request: HoldRequest, at: number): Promise<boolean> {
    const key = holdId(request.principal, request.kind);
    const mark = fingerprint(request);
    const present = await this.#rows.get(target, key);
    if (present?.value.fingerprint === mark) return present.value.approvedAt !== undefined;
    await this.#rows.upsert(target, key, {
      ...request,
      ids: [...request.ids].sort(),
      fingerprint: mark,
      heldAt: at,
    });
    return false;
  }

  /** The ids that a person has approved for this action: what is still wanted of them may be done, nothing else. */
  async approvedIds(target: string, p: Principal, kind: HoldKind): Promise<ReadonlySet<string>> {
    const hold = (await this.#rows.get(target, holdId(p, kind)))?.value;
    return new Set(hold?.approvedAt === undefined ? [] : hold.ids);
  }

  async isHeld(target: string, p: Principal, kind: HoldKind): Promise<boolean> {
    return (await this.#rows.get(target, holdId(p, kind))) !== undefined;
  }

  /** SCIM ids of the resources that this principal might be, and that it was not linked to without asking. */
  async candidates(target: string, p: Principal): Promise<string[]> {
    const found: string[] = [];
    for await (const { value } of this.#rows.list(target, { prefix: `${principalKey(p)}|` })) {
      if (adoptions.includes(value.kind)) found.push(...value.ids);
    }
    return found;
  }

  /** Withdraws holds of a principal that are no longer wanted: all kinds but those in `keep`. */
  async withdraw(target: string, p: Principal, keep: readonly HoldKind[] = []): Promise<void> {
    for await (const row of this.#rows.list(target, { prefix: `${principalKey(p)}|` })) {
      if (!keep.includes(row.value.kind)) await this.#rows.delete(target, row.key);
    }
  }

  /** Withdraws one kind of hold of a principal, if there is one. */
  async withdrawKind(target: string, p: Principal, kind: HoldKind): Promise<void> {
    await this.#rows.delete(target, holdId(p, kind));
  }

  /** Whether something of this kind is held for any group. */
  async anyGroup(target: string, kind: HoldKind): Promise<boolean> {
    for await (const { value } of this.#rows.list(target, { prefix: 'group:' })) {
      if (value.kind === kind) return true;
    }
    return false;
  }

  async list(target: string): Promise<Row<Hold>[]> {
    const found: Row<Hold>[] = [];
    for await (const row of this.#rows.list(target)) found.push(row);
    return found;
  }

  /** The approved hold, or undefined when there is none of that id. */
  approve(target: string, id: string, at: number): Promise<Hold | undefined> {
    return this.#decide(target, id, { approvedAt: at, rejectedAt: undefined });
  }

  /** The rejected hold, or undefined when there is none of that id. */
  reject(target: string, id: string, at: number): Promise<Hold | undefined> {
    return this.#decide(target, id, { approvedAt: undefined, rejectedAt: at });
  }

  /** @throws {VersionConflict} when a look refreshed the hold at the same moment */
  async #decide(
    target: string,
    id: string,
    decision: Pick<Hold, 'approvedAt' | 'rejectedAt'>,
  ): Promise<Hold | undefined> {
    const row = await this.#rows.get(target, id);
    if (row === undefined) return undefined;
    const decided: Hold = { ...row.value, ...decision };
    await this.#rows.replace(target, id, decided, row.etag);
    return decided;
  }
}

const adoptions: readonly HoldKind[] = ['proposed-adoption', 'refused-adoption', 'ambiguous-match'];

function holdId(p: Principal, kind: HoldKind): string {
  return `${principalKey(p)}|${kind}`;
}

function fingerprint(request: HoldRequest): string {
  const facts = JSON.stringify([request.kind, principalKey(request.principal), [...request.ids].sort()]);
  return createHash('sha256').update(facts).digest('base64url');
}
