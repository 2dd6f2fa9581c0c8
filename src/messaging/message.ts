import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Change, causes } from '../identity/change.ts';
import { principal, principalKey } from '../identity/principal.ts';

/**
 * The body of a message on `identity-changes`.
 *
 * Everything sits under one key: the host merges top-level properties of a JSON body into the trigger metadata,
 * where they win over the broker's own (a body with `deliveryCount` would override the real one).
 */
const look = z.object({
  type: z.literal('look'),
  target: z.string().min(1).max(128),
  principal,
  cause: z.enum(causes),
  notBefore: z.number().int().nonnegative(),
  heardAt: z.number().int().nonnegative(),
  correlationId: z.string().min(1).max(128),
  again: z.number().int().nonnegative().optional(),
});
const pump = z.object({ type: z.literal('pump'), target: z.string().min(1).max(128) });

export const messageBody = z.object({ obligation: z.discriminatedUnion('type', [look, pump]) });
export type MessageBody = z.infer<typeof messageBody>;
export type Obligation = MessageBody['obligation'];

/** The facts about a delivery that decide what happens to it next. They travel as application properties. */
export interface Delivery {
  /** Id of the first message of the chain: copies are named after it. Never numeric, see {@link obligationId}. */
  readonly chain: string;
  /** Retries so far. */
  readonly attempt: number;
  /** Times this attempt was handed on by an instance that does not own the target. */
  readonly hops: number;
  /**
   * When it was meant to come (ms since the epoch, by the clock of whoever sent it). The broker's clock may run ahead: a
   * wait that only the broker keeps would then be none.
   */
  readonly due?: number | undefined;
}

export const deliveryProperties = z.object({
  chain: z.string().min(1).max(128),
  attempt: z.coerce.number().int().min(0).default(0),
  hops: z.coerce.number().int().min(0).default(0),
  due: z.coerce.number().int().min(0).optional(),
});

export function lookObligation(change: Change): Obligation {
  return { type: 'look', ...change };
}

export function asChange(obligation: Obligation & { type: 'look' }): Change {
  const { type: _type, ...change } = obligation;
  return change;
}

/**
 * What an obligation is about, as the start of a message id: readable where it is short, hashed where the queue's
 * limit of 128 characters could be passed by what is appended to it.
 *
 * The prefix keeps it from ever reading as a number: the host parses metadata as JSON and would turn `1e3` into 1000.
 */
export function obligationSubject(target: string, key: string): string {
  const plain = `${target}|${key}`;
  return plain.length <= 60 ? `p:${plain}` : `h:${createHash('sha256').update(plain).digest('base64url')}`;
}

/** Equal obligations get equal ids, so that the broker's duplicate detection folds them into one. */
export function changeId(change: Change): string {
  return `${obligationSubject(change.target, principalKey(change.principal))}|c|${change.notBefore}`;
}

/** See {@link changeId}; later looks fold among themselves only. */
export function laterLookId(change: Change): string {
  return `${obligationSubject(change.target, principalKey(change.principal))}|l|${change.notBefore}`;
}

/** The id of the copy of a chain for retry `attempt`, handed on `hops` times. Deterministic: a repeated send folds. */
export function copyId({ chain, attempt, hops }: Delivery): string {
  return `${chain}${attempt > 0 ? `|a${attempt}` : ''}${hops > 0 ? `|o${hops}` : ''}`;
}

/** The end of the tumbling window of `windowMs` that contains `at` + 1 s: the instant at which a burst is settled. */
export function settleInstant(at: number, windowMs: number): number {
  return (Math.floor((at + 1_000) / windowMs) + 1) * windowMs;
}

/** `waitMs` from `at`, rounded up to the full minute, so that the later looks of one minute fold. */
export function laterLookInstant(at: number, waitMs: number): number {
  return Math.ceil((at + waitMs) / 60_000) * 60_000;
}
