import type { RowClass } from '../identity/change.ts';
import { rowClasses } from '../identity/change.ts';
import type { RequestClass, Settle } from '../scim/types.ts';
import { Lane } from './lane.ts';

/** A write could not start within the wait that its caller allows. It becomes a backlog row. */
export class WouldWait extends Error {
  override readonly name = 'WouldWait';
  readonly rowClass: RowClass;
  constructor(requestClass: RequestClass, rowClass: RowClass) {
    super(`the next ${requestClass} request would start too late`);
    this.rowClass = rowClass;
  }
}

/**
 * Keeps the requests of each class just below the target's limit, whether that is the configured one or a lower one
 * that only shows in refusals (see Pacer), and lets what takes access away go first.
 */
export class Limiter {
  readonly #lanes: Record<RequestClass, Lane>;

  constructor(ratesPerSecond: Readonly<Record<RequestClass, number>>) {
    this.#lanes = {
      get: new Lane(ratesPerSecond.get),
      list: new Lane(ratesPerSecond.list),
      write: new Lane(ratesPerSecond.write),
      patch: new Lane(ratesPerSecond.patch),
    };
  }

  /**
   * Resolves when the request may start, with what wants to be told how it ended.
   * @throws {RetryLater} when the target asks for a pause of more than a minute.
   */
  take(requestClass: RequestClass, rowClass: RowClass): Promise<Settle> {
    return this.#lanes[requestClass].take(rowClasses.indexOf(rowClass));
  }

  /** @throws {WouldWait} when a request that asks now would start later than `startBy` (ms since the epoch). */
  admit(requestClass: RequestClass, rowClass: RowClass, startBy: number): void {
    if (this.#lanes[requestClass].expectedStart(rowClasses.indexOf(rowClass)) > startBy) {
      throw new WouldWait(requestClass, rowClass);
    }
  }
}
