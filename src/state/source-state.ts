import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { type Principal, type PrincipalKind, principal, principalKey } from '../identity/principal.ts';
import { keyPart, type Row, RowStore, VersionConflict } from './row-store.ts';

const cursorSchema = z.object({
  deltaLink: z.string(),
  savedAt: z.number(),
  /** The properties that the feed tells of. */
  select: z.string().optional(),
});
export type Cursor = z.infer<typeof cursorSchema>;

const assignmentSchema = z.object({
  id: z.string(),
  principal,
  /** Missing in rows of earlier releases; the next read of the list adds it. */
  appRoleId: z.string().optional(),
  /**
   * `new`: seen, and its change is not durable yet. `ended`: a complete read of the list lacked it; it counts as gone,
   * and its consequences are not durable yet.
   */
  phase: z.enum(['new', 'current', 'ended']),
});
export type StoredAssignment = z.infer<typeof assignmentSchema>;

const edge = z.object({ seenAt: z.number() });

/** Partition of everything that concerns the one enterprise application. */
const SOURCE = 'source';

/** How far the change feeds were read. A second reader is fenced by the version of the cursor. */
export class Cursors {
  readonly #rows: RowStore<Cursor>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<Cursor>(table, cursorSchema);
  }

  read(feed: PrincipalKind): Promise<Row<Cursor> | undefined> {
    return this.#rows.get(SOURCE, feed);
  }

  /** False when another reader moved the cursor since it was read: its changes are that reader's. */
  async advance(feed: PrincipalKind, from: Row<Cursor>, cursor: Cursor): Promise<boolean> {
    try {
      await this.#rows.replace(SOURCE, feed, cursor, from.etag);
      return true;
    } catch (error) {
      if (error instanceof VersionConflict) return false;
      throw error;
    }
  }

  /** Starts the feed, or starts it anew, whatever was there. */
  async restart(feed: PrincipalKind, cursor: Cursor): Promise<void> {
    await this.#rows.upsert(SOURCE, feed, cursor);
  }
}

/** The assignments of the enterprise application as of the last complete read of its list. */
export class Assignments {
  readonly #rows: RowStore<StoredAssignment>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<StoredAssignment>(table, assignmentSchema);
  }

  /** Everything stored, ended assignments included. */
  async all(): Promise<StoredAssignment[]> {
    const found: StoredAssignment[] = [];
    for await (const row of this.#rows.list(SOURCE)) found.push(row.value);
    return found;
  }

  /** Anybody of that kind who is, or was a moment ago, assigned. */
  async any(kind: PrincipalKind): Promise<Principal | undefined> {
    for await (const { value } of this.#rows.list(SOURCE, { prefix: `${kind}|`, limit: 1 }))
      return value.principal;
    return undefined;
  }

  async assignedGroups(): Promise<string[]> {
    return [...(await this.groupRoles()).keys()];
  }

  /** Ids of the app roles that each assigned group is assigned. */
  groupRoles(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#rolesUnder('group|');
  }

  /** Ids of the app roles that exactly this principal is assigned. */
  async rolesOf(p: Principal): Promise<readonly string[]> {
    return (await this.#rolesUnder(`${p.kind}|${p.id}|`)).get(p.id) ?? [];
  }

  async #rolesUnder(prefix: string): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for await (const { value } of this.#rows.list(SOURCE, { prefix })) {
      const { phase, principal, appRoleId } = value;
      if (phase === 'ended') continue;
      const known = found.get(principal.id) ?? [];
      found.set(principal.id, appRoleId === undefined ? known : [...known, appRoleId]);
    }
    return found;
  }

  /** Whether the last complete read showed an assignment of exactly this principal. */
  async has(p: Principal): Promise<boolean> {
    for await (const { value } of this.#rows.list(SOURCE, { prefix: `${p.kind}|${p.id}|` })) {
      if (value.phase !== 'ended') return true;
    }
    return false;
  }

  async put(assignment: StoredAssignment): Promise<void> {
    await this.#rows.upsert(SOURCE, assignmentKey(assignment), assignment);
  }

  async remove(assignment: StoredAssignment): Promise<void> {
    await this.#rows.delete(SOURCE, assignmentKey(assignment));
  }
}

function assignmentKey({ principal: p, id }: StoredAssignment): string {
  return `${p.kind}|${p.id}|${keyPart(id)}`;
}

/** When delta reported a principal as removed: half of the evidence that it is gone for good. */
export class RemovalEvidence {
  readonly #rows: RowStore<z.infer<typeof edge>>;

  constructor(table: TableClient) {
    this.#rows = new RowStore(table, edge);
  }

  async note(p: Principal, seenAt: number): Promise<void> {
    await this.#rows.upsert('removed', principalKey(p), { seenAt });
  }

  async seenAt(p: Principal): Promise<number | undefined> {
    return (await this.#rows.get('removed', principalKey(p)))?.value.seenAt;
  }

  /** Principals that were noted before `instant`. */
  async notedBefore(instant: number): Promise<Principal[]> {
    const found: Principal[] = [];
    for await (const { key, value } of this.#rows.list('removed')) {
      const [kind, ...id] = key.split(':');
      if (value.seenAt < instant) found.push(principal.parse({ kind, id: id.join(':') }));
    }
    return found;
  }

  /** The principal was seen alive again. */
  async clear(p: Principal): Promise<void> {
    await this.#rows.delete('removed', principalKey(p));
  }
}

/**
 * Which assigned groups a group was seen below. Remembered, so that a nested group that vanished, or left, still
 * reaches its former ancestors; an edge that outlives its reason only costs a look. Each target has edges of its own:
 * its policy decides what counts as below, and what one of them forgets another may need.
 */
export class Nesting {
  readonly #rows: RowStore<z.infer<typeof edge>>;

  constructor(table: TableClient) {
    this.#rows = new RowStore(table, edge);
  }

  async remember(target: string, ancestor: string, nested: readonly string[], seenAt: number): Promise<void> {
    await Promise.all(nested.map(group => this.#rows.upsert(below(target, group), ancestor, { seenAt })));
  }

  async forget(target: string, ancestor: string, nested: readonly string[]): Promise<void> {
    await Promise.all(nested.map(group => this.#rows.delete(below(target, group), ancestor)));
  }

  async ancestorsOf(target: string, group: string): Promise<string[]> {
    const found: string[] = [];
    for await (const row of this.#rows.list(below(target, group))) found.push(row.key);
    return found;
  }
}

/** Partition of the groups above one. */
function below(target: string, group: string): string {
  return `${target}|below|${group}`;
}
