import { LONGEST_LAG_MS } from './versions.ts';

/** How far behind successive reads are, as shares of the lag: the first after a write is stale, and so are later ones. */
const SHARES = [1, 0, 1, 0.5];

/**
 * Which moment each read sees. The real caches are eventually consistent and not monotonic: what one read showed,
 * the next may not (databrickslabs/ucx, workspace_access/groups.py).
 */
export class ReadLag {
  #reads = 0;

  /**
   * The instant that the next read sees; undefined for the present.
   * @param steady every read is as far behind as the lag says, which is what a client that reads once may get
   */
  next(lagMs: number, steady: boolean): number | undefined {
    if (lagMs <= 0) return undefined;
    const share = steady ? 1 : (SHARES[this.#reads++ % SHARES.length] ?? 0);
    return share === 0 ? undefined : Date.now() - share * Math.min(lagMs, LONGEST_LAG_MS);
  }
}
