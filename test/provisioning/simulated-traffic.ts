import { Pacer } from '../../src/provisioning/pacer.ts';
import type { LimitModel } from './limit-models.ts';

/** Whoever sends requests to a target. */
export interface Sender {
  /** When it wants to start its next request, no earlier than `now`. */
  nextAt(now: number): number;
  start(now: number): number;
  taken(start: number): void;
  refused(start: number, now: number, retryAfterMs: number | undefined): void;
}

/** A sender with a pacer, that always has work, from `from` until `until`. */
export function paced(perSecond: number, { from = 0, until = Number.POSITIVE_INFINITY } = {}): Sender {
  let pacer: Pacer | undefined;
  const at = (now: number): Pacer => {
    pacer ??= new Pacer(perSecond, now);
    return pacer;
  };
  return {
    nextAt: now => (now < from ? from : now >= until ? Number.POSITIVE_INFINITY : now + at(now).waitMs(now)),
    start: now => at(now).start(now),
    taken: start => pacer?.taken(start),
    refused: (start, now, retryAfterMs) => pacer?.refused(start, now, retryAfterMs),
  };
}

/** A sender that paces itself evenly, or at random, and does not care about refusals. */
export function stranger(perSecond: number, random?: () => number, until = Number.POSITIVE_INFINITY): Sender {
  const gap = (): number => (1_000 / perSecond) * (random === undefined ? 1 : -Math.log(1 - random()));
  let next = gap();
  return {
    nextAt: now => (next >= until ? Number.POSITIVE_INFINITY : Math.max(next, now)),
    start: now => {
      next = now + gap();
      return now;
    },
    taken: () => undefined,
    refused: () => undefined,
  };
}

/** The same numbers in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Traffic {
  /** When requests reached the target and were taken, or not (ms). */
  readonly taken: number[];
  readonly refused: number[];
}

export interface Simulation {
  readonly senders: readonly Sender[];
  readonly limit: LimitModel;
  readonly forMs: number;
  /** Whether a 429 says how long to wait, in whole seconds as Databricks does. */
  readonly retryAfter?: boolean;
  /** From the start of a request to its answer, at least. */
  readonly latencyMs?: number;
  /** By how much more either way may take. */
  readonly jitterMs?: number;
  readonly seed?: number;
}

/** Minutes of traffic in simulated time. What came of each sender's requests, in their order. */
export function simulate({
  senders,
  limit,
  forMs,
  retryAfter = true,
  latencyMs = 100,
  jitterMs = 20,
  seed = 1,
}: Simulation): Traffic[] {
  const random = seededRandom(seed);
  const traffic = senders.map((): Traffic => ({ taken: [], refused: [] }));
  const pending: { at: number; run: (at: number) => void }[] = [];
  const later = (at: number, run: (at: number) => void): void => {
    const after = pending.findIndex(event => event.at > at);
    pending.splice(after < 0 ? pending.length : after, 0, { at, run });
  };
  const send = (sender: Sender, result: Traffic, at: number): void => {
    const start = sender.start(at);
    const way = latencyMs / 2 + jitterMs * random();
    later(at + way, arrival => {
      const wait = limit.take(arrival);
      (wait === 0 ? result.taken : result.refused).push(arrival);
      later(arrival + way, answer => {
        if (wait === 0) sender.taken(start);
        else sender.refused(start, answer, retryAfter ? Math.ceil(wait / 1_000) * 1_000 : undefined);
      });
    });
  };
  for (let now = 0; now < forMs; ) {
    const due = senders.map(sender => sender.nextAt(now));
    const next = Math.min(...due);
    const event = pending[0];
    if (event !== undefined && event.at <= next) {
      pending.shift();
      now = event.at;
      event.run(now);
    } else {
      const index = due.indexOf(next);
      now = next;
      const [sender, result] = [senders[index], traffic[index]];
      // A sender that only begins now may want to wait.
      if (now < forMs && sender !== undefined && result !== undefined && sender.nextAt(now) <= now)
        send(sender, result, now);
    }
  }
  return traffic;
}
