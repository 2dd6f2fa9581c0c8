import { principalKey } from '../identity/principal.ts';
import type { LogEntry } from '../state/provisioning-log.ts';
import type { OperationsContext } from './context.ts';

/** All that is given has to hold. */
export interface LogFilter {
  readonly targets: readonly string[];
  /** `user:<object id>`, or object ids alone; empty: everybody. */
  readonly principals: readonly string[];
  /** Both in ms since the epoch, inclusive. */
  readonly since: number;
  readonly until: number;
}

/** A write to a target, or what a person decided instead of one, as a person reads it. */
export type WriteRecord = Omit<LogEntry, 'principal' | 'heardAt'> & {
  /** `user:<object id>`; undefined where a message that nobody understood was discarded. */
  readonly principal: string | undefined;
  /** From when we heard of the change to the write, in milliseconds. */
  readonly afterMs: number;
};

/** What was written, the oldest first. Members who came and went are an entry of their group's, without their ids. */
export async function readLog(
  { state }: Pick<OperationsContext, 'state'>,
  { targets, principals, since, until }: LogFilter,
): Promise<WriteRecord[]> {
  const found: WriteRecord[] = [];
  for (const target of targets) {
    for await (const { principal, heardAt, ...entry } of state.log.read(target, since, until)) {
      const isMeant =
        principals.length === 0 ||
        (principal !== undefined &&
          (principals.includes(principalKey(principal)) || principals.includes(principal.id)));
      if (!isMeant) continue;
      found.push({ ...entry, principal: principal && principalKey(principal), afterMs: entry.at - heardAt });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}
