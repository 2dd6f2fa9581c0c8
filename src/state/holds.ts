import { createHash } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { now } from '../identity/clock.ts';
import { type Principal, principal, principalKey } from '../identity/principal.ts';
import { decisionsAbout, HoldChanged, markOf } from './hold-decisions.ts';
import type { ProvisioningLog } from './provisioning-log.ts';
import { keyPart, type Row, RowStore, VersionConflict } from './row-store.ts';

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
  'role-removal-limit',
  'assignment-removal-limit',
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
  /** Who has said yes so far, where more than one person has to. */
  approvals: z.array(z.object({ by: z.string(), at: z.number() })).optional(),
  /** A person said no: it stays held, and is not shown as open, for as long as the facts are the same. */
  rejectedAt: z.number().optional(),
  rejectedBy: z.string().optional(),
  /** Nobody decided in time: the access is kept. It can be decided about all the same. */
  expiredAt: z.number().optional(),
});
export type Hold = z.infer<typeof holdSchema>;
export type HoldRequest = Pick<Hold, 'kind' | 'principal' | 'ids' | 'cause'>;

/** Kept-back actions: one row per target, principal and kind. */
export class Holds {
  readonly #rows: RowStore<Hold>;
  readonly #log: Pick<ProvisioningLog, 'append'>;

  /** @param log keeps who decided, once the hold is gone */
  constructor(table: TableClient, log: Pick<ProvisioningLog, 'append'>) {
    this.#rows = new RowStore<Hold>(table, holdSchema);
    this.#log = log;
  }

  /** Stores or refreshes a hold. True when a person has approved exactly this. */
  async hold(target: string, request: HoldRequest, at: number): Promise<boolean> {
    const key = holdId(request.principal, request.kind);
    const mark = fingerprint(request);
    const next: Hold = { ...request, ids: [...request.ids].sort(), fingerprint: mark, heldAt: at };
    for (;;) {
      const present = await this.#rows.get(target, key);
      if (present?.value.fingerprint === mark) return present.value.approvedAt !== undefined;
      if (present !== undefined) await this.#record(target, present.value, at);
      try {
        if (present === undefined) await this.#rows.insert(target, key, next);
        else await this.#rows.replace(target, key, next, present.etag);
        return false;
      } catch (error) {
        // Somebody decides about what was held before at this moment: that is to be in the log as well.
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
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
    await this.withdrawOf(target, p, await this.kindsOf(target, p), keep);
  }

  /** What a principal is held for, approved and rejected holds included. */
  async kindsOf(target: string, p: Principal): Promise<ReadonlySet<HoldKind>> {
    const found = new Set<HoldKind>();
    for await (const { value } of this.#rows.list(target, { prefix: `${principalKey(p)}|` }))
      found.add(value.kind);
    return found;
  }

  /** As {@link withdraw}, for who knows already what there is. */
  async withdrawOf(
    target: string,
    p: Principal,
    present: ReadonlySet<HoldKind>,
    keep: readonly HoldKind[],
  ): Promise<void> {
    for (const kind of present) if (!keep.includes(kind)) await this.withdrawKind(target, p, kind);
  }

  /** Withdraws one kind of hold of a principal, if there is one. What somebody decided about it is in the log by then. */
  async withdrawKind(target: string, p: Principal, kind: HoldKind): Promise<void> {
    for (;;) {
      const row = await this.#rows.get(target, holdId(p, kind));
      if (row === undefined) return;
      await this.#record(target, row.value, now());
      try {
        return await this.#rows.delete(target, row.key, row.etag);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  /** After a crash the same may be said twice. */
  async #record(target: string, hold: Hold, at: number): Promise<void> {
    for (const entry of decisionsAbout(hold)) await this.#log.append({ ...entry, target, at });
  }

  /** Whether something of this kind is held for any group. */
  async anyGroup(target: string, kind: HoldKind): Promise<boolean> {
    for await (const { value } of this.#rows.list(target, { prefix: 'group:' })) {
      if (value.kind === kind) return true;
    }
    return false;
  }

  /** @param id as {@link Row.key} of {@link list}; what a person typed may be anything */
  async get(target: string, id: string): Promise<Hold | undefined> {
    return keyPart(id) === id ? (await this.#rows.get(target, id))?.value : undefined;
  }

  async list(target: string): Promise<Row<Hold>[]> {
    const found: Row<Hold>[] = [];
    for await (const row of this.#rows.list(target)) found.push(row);
    return found;
  }

  /**
   * Notes that `by` approves. The hold afterwards, or undefined when there is none of that id: `approvedAt` is set once
   * as many different people as `needed` have approved it since it was last refreshed or rejected.
   * @param o.mark what {@link markOf} gave for the hold that he saw; left out: whatever it is by now
   * @throws {HoldChanged} when it is about something else by now
   * @throws {VersionConflict} when a look refreshed the hold at the same moment
   */
  approve(
    target: string,
    id: string,
    { needed, ...o }: { at: number; by: string; needed: number; mark?: string },
  ): Promise<Hold | undefined> {
    const { at, by } = o;
    return this.#decide(target, id, o, ({ approvals = [], ...hold }) => {
      const all = [...approvals.filter(approval => approval.by !== by), { by, at }];
      const cleared = { ...hold, rejectedAt: undefined, rejectedBy: undefined, expiredAt: undefined };
      return { ...cleared, approvals: all, approvedAt: all.length >= needed ? at : undefined };
    });
  }

  /** The rejected hold, or undefined when there is none of that id. Parameters and errors as of {@link approve}. */
  reject(
    target: string,
    id: string,
    o: { at: number; by: string; mark?: string },
  ): Promise<Hold | undefined> {
    return this.#decide(target, id, o, hold => ({
      ...hold,
      approvedAt: undefined,
      approvals: undefined,
      expiredAt: undefined,
      rejectedAt: o.at,
      rejectedBy: o.by,
    }));
  }

  async #decide(
    target: string,
    id: string,
    { mark }: { mark?: string },
    decide: (hold: Hold) => Hold,
  ): Promise<Hold | undefined> {
    const row = await this.#rows.get(target, id);
    if (row === undefined) return undefined;
    if (mark !== undefined && mark !== markOf(row.value))
      throw new HoldChanged(`what is held of ${id} has changed since it was listed: list it again`);
    const decided = decide(row.value);
    await this.#rows.replace(target, id, decided, row.etag);
    return decided;
  }

  /** Notes that nobody decided in time about what has been held since before `heldBefore`. Each hold expires once. */
  async expire(target: string, heldBefore: number, at: number): Promise<Hold[]> {
    const expired: Hold[] = [];
    for (const { key, value, etag } of await this.list(target)) {
      if (!isOpenHold(value) || value.heldAt >= heldBefore) continue;
      try {
        await this.#rows.replace(target, key, { ...value, expiredAt: at }, etag);
        expired.push(value);
      } catch (error) {
        // Decided about, or refreshed, at this moment.
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
    return expired;
  }
}

/** Whether a hold waits for a person. An approved one is about to be done, a rejected or expired one is settled. */
export function isOpenHold({ approvedAt, rejectedAt, expiredAt }: Hold): boolean {
  return approvedAt === undefined && rejectedAt === undefined && expiredAt === undefined;
}

const adoptions: readonly HoldKind[] = ['proposed-adoption', 'refused-adoption', 'ambiguous-match'];

function holdId(p: Principal, kind: HoldKind): string {
  return `${principalKey(p)}|${kind}`;
}

function fingerprint(request: HoldRequest): string {
  const facts = JSON.stringify([request.kind, principalKey(request.principal), [...request.ids].sort()]);
  return createHash('sha256').update(facts).digest('base64url');
}
