import { now } from '../identity/clock.ts';
import { principalKey } from '../identity/principal.ts';
import { isWrite } from '../state/provisioning-log.ts';
import type { OperationsContext } from './context.ts';

/** One write to a target, from the provisioning log. */
export interface AppliedChange {
  readonly target: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly principal: string;
  /** The name under which the target holds the principal; undefined when it has no link any more. */
  readonly name: string | undefined;
  /** `create-user`, `members`, … */
  readonly action: string;
  /** Attribute names and sizes. */
  readonly detail: string;
  readonly cause: string;
  /** Milliseconds from hearing of the change until it was written. */
  readonly afterMs: number;
}

/** Entries become readable in another order than they were made in, and storage takes its time. */
const OVERLAP_MS = 30_000;

/** Gives each write to a target once, as it appears in the provisioning log. */
export class LiveChanges {
  readonly #context: Pick<OperationsContext, 'state' | 'targets'>;
  #since: number;
  #shown = new Map<string, number>();

  /** @param from ms since the epoch: nothing older is given */
  constructor(context: Pick<OperationsContext, 'state' | 'targets'>, from: number) {
    this.#context = context;
    this.#since = from;
  }

  /** What was written since the last call. */
  async next(): Promise<AppliedChange[]> {
    const { state, targets } = this.#context;
    const since = this.#since;
    const until = now();
    const found: AppliedChange[] = [];
    for (const { id: target } of targets) {
      for await (const entry of state.log.read(target, since, until)) {
        const { principal } = entry;
        if (!isWrite(entry) || principal === undefined) continue;
        const key = [target, entry.at, principalKey(principal), entry.action, entry.correlationId].join('|');
        if (this.#shown.has(key)) continue;
        this.#shown.set(key, entry.at);
        found.push({
          target,
          at: entry.at,
          principal: principalKey(principal),
          name: (await state.links.get(target, principal))?.value.name,
          action: entry.action,
          detail: entry.detail,
          cause: entry.cause,
          afterMs: entry.at - entry.heardAt,
        });
      }
    }
    this.#since = Math.max(since, until - OVERLAP_MS);
    this.#shown = new Map([...this.#shown].filter(([, at]) => at >= this.#since));
    return found;
  }
}
