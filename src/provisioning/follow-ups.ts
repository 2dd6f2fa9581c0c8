import type { Change, RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Backlog } from '../state/backlog.ts';

/** How long a group waits for more of its pending members to be linked before it writes those that are. */
const WAKE_EVERY_MS = 30_000;

/** Looks that follow from our own writes. They are rows, durable before the intent that caused them is closed. */
export class FollowUps {
  readonly #backlog: Backlog;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  async look(
    origin: Change,
    principals: readonly Principal[],
    rowClass: RowClass,
    notBefore = now(),
  ): Promise<void> {
    for (const principal of principals) {
      await this.#backlog.put({ ...origin, principal, cause: 'follow-up', notBefore }, rowClass);
    }
  }

  /** Looks at a group again soon, but not before more of its pending members had a chance to be linked. */
  async wakeGroup(
    origin: Change,
    group: string,
    o: { complete: boolean; rowClass: RowClass },
  ): Promise<void> {
    const notBefore = o.complete ? now() : now() + WAKE_EVERY_MS;
    await this.look(origin, [{ kind: 'group', id: group }], o.rowClass, notBefore);
  }
}
