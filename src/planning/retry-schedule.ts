import type { RowClass } from '../identity/change.ts';

/** Tries of one message, the first included, before it may become a dead letter. */
export const MAX_TRIES = 24;
/** How long a change is tried at the least, however short the waits were drawn: an outage of a day loses nothing. */
export const LEAST_TRYING_MS = 24 * 3_600_000;

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 4 * 3_600_000;
const LONGEST_AT_ONCE_MS = 2_000;
const TRIES_AT_ONCE = 3;
/** After this an instance that is not the owner hands the same change on again. */
export const HAND_ON_MS = 3_000;

/**
 * A failure, named by what it says about the next try. `afterMs` is the least wait that the other side asked for.
 *
 * - `throttled`: refused for its time alone (429), so that the target surely is as it was
 * - `interrupted`: a 503, or a connection that broke: it may have been applied
 * - `passing`: anything else that is known to pass: other 5xx, a time-out, reads that lag, a race for a row of state
 * - `unforeseen`: nobody knows, so that it is taken for passing
 * - `permanent`: no try can help until a person or the source changes something
 * - `unavailable`: the whole target refuses us
 * - `no-room`: a live change would wait longer for the target's limits than it may
 * - `closed`: the target takes revocations only
 * - `source-closed`: the whole source refuses us
 * - `not-owner`: another instance writes to the target
 */
export type Trouble =
  | { readonly kind: 'throttled' | 'interrupted' | 'passing'; readonly afterMs?: number | undefined }
  | { readonly kind: 'unforeseen'; readonly afterMs?: undefined }
  | { readonly kind: 'unavailable' | 'closed' | 'source-closed' | 'not-owner' }
  | { readonly kind: 'permanent'; readonly code: string }
  | { readonly kind: 'no-room'; readonly rowClass: RowClass };

/** A request to the target failed. `isRepeatable`: to apply it twice does no harm. `tries` counts this one. */
interface InRequest {
  readonly in: 'request';
  readonly tries: number;
  readonly isRepeatable: boolean;
}

/** A message could not be applied. `retries` of it so far; `heardForMs` since a feed told of the change. */
interface InMessage {
  readonly in: 'message';
  readonly retries: number;
  readonly heardForMs: number;
}

/** A backlog row could not be applied. */
interface InRow {
  readonly in: 'row';
  readonly rowClass: RowClass;
}

type AfterRequest =
  /** The same request again, in the same delivery. */
  | { readonly step: 'try-at-once'; readonly waitMs: number }
  /** The message or row that the request was made for decides. */
  | { readonly step: 'give-up' };

/** A scheduled copy with that number of retries takes the place of the message or row. */
type Copy = { readonly step: 'copy'; readonly retries: number; readonly waitMs: number };

type AfterMessage =
  | Copy
  /** A copy with the same number of retries, for whichever instance owns the target. */
  | { readonly step: 'hand-on'; readonly waitMs: number }
  /** A row takes its place. With `quarantine`, nothing more is sent to the target until a probe gets through. */
  | { readonly step: 'row'; readonly rowClass: RowClass; readonly quarantine: boolean }
  | { readonly step: 'dead-letter'; readonly code: string };

export type AfterRow =
  | Copy
  | { readonly step: 'row'; readonly rowClass: RowClass }
  /** It stays where it is, for the next owner or for the end of the quarantine. */
  | { readonly step: 'keep-row'; readonly quarantine: boolean };

/**
 * The retry schedule: what follows a failure, for all places that meet one. All waits are in milliseconds.
 * docs/operations.md prints it as a table.
 * @param random in [0, 1): where in its range a wait lies
 */
export function nextStep(trouble: Trouble, place: InRequest, random: number): AfterRequest;
export function nextStep(trouble: Trouble, place: InMessage, random: number): AfterMessage;
export function nextStep(trouble: Trouble, place: InRow, random: number): AfterRow;
export function nextStep(
  trouble: Trouble,
  place: InRequest | InMessage | InRow,
  random: number,
): AfterRequest | AfterMessage | AfterRow {
  switch (place.in) {
    case 'request':
      return afterRequest(trouble, place);
    case 'message':
      return afterMessage(trouble, place, random);
    case 'row':
      return afterRow(trouble, place, random);
  }
}

function afterRequest(trouble: Trouble, { tries, isRepeatable }: InRequest): AfterRequest {
  const mayRepeat = trouble.kind === 'throttled' || (trouble.kind === 'interrupted' && isRepeatable);
  if (!mayRepeat || tries >= TRIES_AT_ONCE) return { step: 'give-up' };
  const { afterMs = 0 } = trouble;
  if (afterMs > LONGEST_AT_ONCE_MS) return { step: 'give-up' };
  return { step: 'try-at-once', waitMs: Math.max(250 * tries, afterMs) };
}

function afterMessage(trouble: Trouble, place: InMessage, random: number): AfterMessage {
  switch (trouble.kind) {
    case 'no-room':
      return { step: 'row', rowClass: trouble.rowClass, quarantine: false };
    case 'closed':
      return { step: 'row', rowClass: 'grant', quarantine: false };
    case 'source-closed':
      return { step: 'row', rowClass: 'attribute', quarantine: false };
    case 'unavailable':
      return { step: 'row', rowClass: 'attribute', quarantine: true };
    case 'not-owner':
      return { step: 'hand-on', waitMs: HAND_ON_MS };
    case 'permanent':
      return { step: 'dead-letter', code: trouble.code };
    default:
      return copyOrEnd(place, random, trouble.afterMs);
  }
}

function copyOrEnd(
  { retries, heardForMs }: InMessage,
  random: number,
  afterMs: number | undefined,
): AfterMessage {
  const next = retries + 1;
  if (next >= MAX_TRIES && heardForMs >= LEAST_TRYING_MS)
    return { step: 'dead-letter', code: 'RetriesExhausted' };
  return { step: 'copy', retries: next, waitMs: retryWaitMs(next, random, afterMs) };
}

/** Only a message can be counted, and become a dead letter: what fails in a row goes on as one. */
function afterRow(trouble: Trouble, { rowClass }: InRow, random: number): AfterRow {
  switch (trouble.kind) {
    case 'source-closed':
    case 'not-owner':
      return { step: 'keep-row', quarantine: false };
    case 'unavailable':
      return { step: 'keep-row', quarantine: true };
    case 'closed':
      // The row of a revocation found something else to write as well: only that has to wait.
      return { step: 'row', rowClass: rowClass === 'revoke' ? 'grant' : rowClass };
    case 'permanent':
    case 'unforeseen':
    case 'no-room':
      return { step: 'copy', retries: 0, waitMs: 0 };
    default:
      return { step: 'copy', retries: 1, waitMs: retryWaitMs(1, random, trouble.afterMs) };
  }
}

/**
 * How long to wait before retry `attempt` (1 = the first): 5 s doubling to 4 h with full jitter, never less than what
 * the other side asked for. `random` is in [0, 1).
 */
export function retryWaitMs(attempt: number, random: number, afterMs = 0): number {
  const ceiling = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  // At least a second, so that a small draw does not turn into a busy loop.
  return Math.max(1_000, Math.ceil(ceiling * random), afterMs);
}

/** When a cycle tries a failed principal again: 1 h doubling to a day. `attempts` counts the dead letters so far. */
export function failureRetryWaitMs(attempts: number): number {
  return Math.min(3_600_000 * 2 ** Math.max(attempts - 1, 0), 24 * 3_600_000);
}

/** When an audit that failed is tried again: a minute doubling to half an hour. `tries` counts the failures so far. */
export function auditRetryWaitMs(tries: number): number {
  return Math.min(60_000 * 2 ** Math.max(tries - 1, 0), 1_800_000);
}

/**
 * When somebody is looked at again to see what replicas showed too late: a minute later, and where reads go on to disagree,
 * less and less often, down to every quarter of an hour. `again` counts the later looks before it that settled nothing.
 */
export function laterLookWaitMs(again: number): number {
  return Math.min(60_000 * 2 ** Math.max(again - 3, 0), 900_000);
}

/**
 * When a row is taken up again whose end could not be made durable, because storage or the queue was out of reach: a
 * second later, doubling to half a minute. `failures` counts those in a row so far.
 */
export function keptRowWaitMs(failures: number): number {
  return Math.min(1_000 * 2 ** Math.max(failures - 1, 0), 30_000);
}

/** When a quarantined target is probed again: 30 s doubling to an hour. */
export function probeWaitMs(probes: number): number {
  return Math.min(30_000 * 2 ** probes, 3_600_000);
}
