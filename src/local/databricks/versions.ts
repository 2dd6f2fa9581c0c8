import type { Moment } from './types.ts';

/** How long the past can be asked for: Databricks' caches hold up to 60 s (databrickslabs/ucx, groups.py). */
export const LONGEST_LAG_MS = 60_000;

interface Version<T> {
  at: number;
  /** Undefined once deleted. */
  value: T | undefined;
}

/** A table that remembers the last minute, so that a read can be given what was true a while ago. */
export class VersionedTable<T> {
  readonly #rows = new Map<string, Version<T>[]>();
  readonly #deleted: { id: string; at: number }[] = [];
  /** Written while first reads are stale, and not read since. */
  readonly #unread = new Set<string>();
  #staleFirstReads = false;
  #size = 0;

  /** Rows that exist now. */
  get size(): number {
    return this.#size;
  }

  /** Whether reads at the moment `first` differ from the others. What was written before is as good as read. */
  set staleFirstReads(on: boolean) {
    this.#staleFirstReads = on;
    this.#unread.clear();
  }
  get staleFirstReads(): boolean {
    return this.#staleFirstReads;
  }

  /** The row as it is, as of an instant, or, once for each write and at the moment `first`, as before that write. */
  get(id: string, moment?: Moment): T | undefined {
    const versions = this.#rows.get(id);
    if (moment === 'first') return versions?.at(this.#unread.delete(id) ? -2 : -1)?.value;
    if (moment === undefined) return versions?.at(-1)?.value;
    return versions?.findLast(version => version.at <= moment)?.value;
  }

  *values(moment?: Moment): Generator<T> {
    for (const id of this.#rows.keys()) {
      const value = this.get(id, moment);
      if (value !== undefined) yield value;
    }
  }

  set(id: string, value: T): void {
    if (this.get(id) === undefined) this.#size += 1;
    this.#push(id, value);
  }

  delete(id: string): void {
    if (this.get(id) === undefined) return;
    this.#size -= 1;
    this.#push(id, undefined);
    this.#deleted.push({ id, at: Date.now() });
  }

  #push(id: string, value: T | undefined): void {
    const now = Date.now();
    const versions = this.#rows.get(id) ?? [];
    versions.push({ at: now, value });
    // The newest of those past the horizon is what a longest-lagging read still sees.
    const seen = versions.findLastIndex(version => version.at <= now - LONGEST_LAG_MS);
    if (seen > 0) versions.splice(0, seen);
    this.#rows.set(id, versions);
    if (this.#staleFirstReads) this.#unread.add(id);
    this.#forgetDeleted(now);
  }

  #forgetDeleted(now: number): void {
    for (let first = this.#deleted[0]; first && first.at < now - LONGEST_LAG_MS; first = this.#deleted[0]) {
      this.#deleted.shift();
      if (this.get(first.id) === undefined) this.#rows.delete(first.id);
    }
  }

  clear(): void {
    this.#rows.clear();
    this.#unread.clear();
    this.#deleted.length = 0;
    this.#size = 0;
  }
}
