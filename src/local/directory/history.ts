/** How long superseded versions are kept, in milliseconds: longer than any read lag a test would ask for. */
const KEEP_MS = 3_600_000;

/** The versions of one value over time, so that a lagging replica can answer with what was true then. */
export class History<T> {
  #versions: { at: number; value: T | undefined }[] = [];

  /** `undefined` records that the value ceased to exist. */
  push(at: number, value: T | undefined): void {
    this.#versions.push({ at, value });
    if (this.#versions.length > 16) this.#forget(at - KEEP_MS);
  }

  get latest(): T | undefined {
    return this.#versions.at(-1)?.value;
  }

  /** The value at `instant`; `undefined` before the first version. */
  asOf(instant: number): T | undefined {
    for (let i = this.#versions.length - 1; i >= 0; i--) {
      const version = this.#versions[i];
      if (version && version.at <= instant) return version.value;
    }
    return undefined;
  }

  #forget(before: number): void {
    const firstKept = this.#versions.findLastIndex(v => v.at <= before);
    if (firstKept > 0) this.#versions = this.#versions.slice(firstKept);
  }
}
