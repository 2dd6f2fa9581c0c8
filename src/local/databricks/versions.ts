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
  #size = 0;

  /** Rows that exist now. */
  get size(): number {
    return this.#size;
  }

  /** The row as of `instant`; without one, as it is. */
  get(id: string, instant?: number): T | undefined {
    const versions = this.#rows.get(id);
    if (instant === undefined) return versions?.at(-1)?.value;
    return versions?.findLast(version => version.at <= instant)?.value;
  }

  *values(instant?: number): Generator<T> {
    for (const id of this.#rows.keys()) {
      const value = this.get(id, instant);
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
    this.#forgetDeleted(now);
  }

  #forgetDeleted(now: number): void {
    for (let first = this.#deleted[0]; first && first.at < now - LONGEST_LAG_MS; first = this.#deleted[0]) {
      this.#deleted.shift();
      if (this.get(first.id) === undefined) this.#rows.delete(first.id);
    }
  }
}
