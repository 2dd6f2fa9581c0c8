/** The share of a limit that is used: network jitter must not push two requests into one of the target's windows. */
const SHARE = 0.97;

/** How late a timer may wake us without costing rate, in milliseconds. */
const LATE_TIMER_MS = 30;

/** After a refusal the configured rate is tried again this often: nothing else would tell that a limit was lifted. */
const TRIAL_EVERY_MS = 45_000;

/** What a target may let through at once. A limit per minute may let through more, and then takes longer to learn. */
const BURST_MS = 1_000;

/** A refusal lowers the rate by no more than this factor, the first time and later, whatever is proven to pass. */
const LOWEST_STEP = { first: 0.5, later: 0.75 } as const;

/** And by no less than this one. */
const HIGHEST_STEP = 0.85;

/** The least part of the configured rate: whatever refuses more than that has no limit that could be found. */
const LOWEST_SHARE = 0.1;

/**
 * What is proven to pass may be less than what would pass: the reduced rate grows by this in a second of work. A bucket
 * refuses it when it is some 10 % too high, and {@link HIGHEST_STEP} then leads back to what passes.
 */
const GROWTH_PER_SECOND = 1.003;

/** After that refusal it does not grow for this long. */
const SETTLED_MS = 300_000;

/** The pause after a refusal that names none; three times as long with each one that follows it at once. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Names a request that was started. Means something only to the {@link Pacer} that gave it. */
export type Start = number;

/**
 * Decides when the requests of one class may start. Pure arithmetic: its user tells it the time, which may jump.
 *
 * Even spacing keeps any window of the target's under its limit, whether it counts in fixed windows, sliding ones or
 * with a bucket; and since nothing is saved up, a change of owner cannot add two bursts.
 *
 * A target that refuses all the same has a lower limit, or shares it with somebody. From then on requests run just
 * below what passed, and every 45 s at the configured rate until the first refusal. What passed is counted: n requests
 * taken in t seconds prove a limit of at least n ÷ (t + 1) a second, however the target counts, as long as it lets
 * through no more than one second's worth at once.
 */
export class Pacer {
  /** Requests per millisecond: as configured, and between trials. */
  readonly #configured: number;
  #rate: number;
  #nextAt: number;
  #lastStartAt: number;
  #pausedUntil: number;
  /** When the current trial began, or the next one is due. Undefined while the configured rate is not in doubt. */
  #trialAt: number | undefined;
  #settledUntil: number;
  /** What was started before the last decision says nothing about it. */
  #decidedAt: number;
  #countedFrom: number;
  #taken = 0;
  #refusedInARow = 0;
  #latest: number;
  /** What the caller's time has to be put forward by, so that ours never runs backwards. */
  #ahead = 0;

  /** @param at the present (ms since the epoch). Another owner may have used the limit up: we begin with nothing. */
  constructor(perSecond: number, at: number) {
    this.#configured = (perSecond * SHARE) / 1_000;
    this.#rate = this.#configured;
    this.#nextAt = at + 1 / this.#configured;
    this.#lastStartAt = at;
    this.#pausedUntil = at;
    this.#settledUntil = at;
    this.#decidedAt = at;
    this.#countedFrom = at;
    this.#latest = at;
  }

  /** Milliseconds until a request may start; 0 when it may now. */
  waitMs(at: number): number {
    const time = this.#time(at);
    return Math.max(this.#nextAt - time, this.#pausedUntil - time, 0);
  }

  /** For how many more milliseconds the target has asked to be left alone. */
  pauseMs(at: number): number {
    return Math.max(this.#pausedUntil - this.#time(at), 0);
  }

  /** Milliseconds between two requests. */
  intervalMs(at: number): number {
    return 1 / (this.#isTrial(this.#time(at)) ? this.#configured : this.#rate);
  }

  /** Takes the next slot for a request that starts now. */
  start(at: number): Start {
    const time = this.#time(at);
    this.#grow(time);
    // There was no work: how often nothing was taken proves nothing.
    if (time > this.#nextAt + BURST_MS) this.#countFrom(time);
    // After a refusal one request at a time, with time for its answer, finds out whether the target takes any.
    const spacing = Math.max(this.intervalMs(at), this.#refusedInARow > 0 ? FIRST_PAUSE_MS : 0);
    // Measured from the slot, so that a timer that wakes a little late does not lower the rate; what is later than
    // that is not made up for, which would be a burst.
    this.#nextAt = Math.max(this.#nextAt, this.#pausedUntil, time - LATE_TIMER_MS) + spacing;
    this.#lastStartAt = time;
    return time;
  }

  /** The target's limit let the request through, whatever it was answered. */
  taken(start: Start): void {
    if (start < this.#decidedAt) return;
    this.#refusedInARow = 0;
    if (start >= this.#countedFrom) this.#taken += 1;
  }

  /** The target's limit refused the request. */
  refused(start: Start, at: number, retryAfterMs = 0): void {
    const time = this.#time(at);
    if (start >= this.#decidedAt) {
      if (this.#refusedInARow === 0) this.#slowDown(time);
      this.#refusedInARow += 1;
      this.#decidedAt = time;
    }
    const untold = Math.min(FIRST_PAUSE_MS * 3 ** (this.#refusedInARow - 1), LONGEST_PAUSE_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, time + Math.max(retryAfterMs, untold));
  }

  #slowDown(time: number): void {
    const first = this.#trialAt === undefined;
    const inTrial = this.#isTrial(time);
    if (first || inTrial) this.#trialAt = time + TRIAL_EVERY_MS;
    if (inTrial) return;
    const proven = this.#taken / (time - this.#countedFrom + BURST_MS);
    const lowest = this.#rate * (first ? LOWEST_STEP.first : LOWEST_STEP.later);
    const reduced = Math.min(Math.max(proven, lowest), this.#rate * HIGHEST_STEP);
    this.#rate = Math.max(reduced, this.#configured * LOWEST_SHARE);
    if (!first) this.#settledUntil = time + SETTLED_MS;
    this.#countFrom(time);
  }

  #grow(time: number): void {
    if (this.#trialAt === undefined) return;
    if (time >= this.#trialAt + TRIAL_EVERY_MS) {
      // Nothing has ended the trial by the time of the next: the configured rate passes.
      this.#trialAt = undefined;
      this.#rate = this.#configured;
      this.#settledUntil = time;
    } else if (!this.#isTrial(time) && time >= this.#settledUntil) {
      const worked = Math.min((time - this.#lastStartAt) / 1_000, 1);
      this.#rate = Math.min(this.#rate * GROWTH_PER_SECOND ** worked, this.#configured);
    }
  }

  #isTrial(time: number): boolean {
    return this.#trialAt !== undefined && time >= this.#trialAt;
  }

  #countFrom(time: number): void {
    this.#countedFrom = time;
    this.#taken = 0;
  }

  #time(at: number): number {
    this.#ahead = Math.max(this.#ahead, this.#latest - at);
    this.#latest = at + this.#ahead;
    return this.#latest;
  }
}
