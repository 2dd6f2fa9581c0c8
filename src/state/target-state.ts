import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { now } from '../identity/clock.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { type Row, RowStore, VersionConflict } from './row-store.ts';

const signInSchema = z.object({
  /** When what is signed in with ends (ms since the epoch), as far as somebody wrote it down. */
  expiresAt: z.number().optional(),
  /** Days before its end for which there was a warning; the smallest. */
  warnedDays: z.number().optional(),
  problems: z.array(z.string()),
});
export type SignInNotice = z.infer<typeof signInSchema>;

const quarantineSchema = z.object({
  reason: z.string(),
  since: z.number(),
  /** Probes that failed so far. */
  probes: z.number(),
});

const stateSchema = z.object({
  /** An audit has read the target to its end, so that an existing resource cannot be taken for a missing one. */
  indexed: z.boolean().default(false),
  /** Set when that audit found names to adopt, or the configuration wants it: nothing but revocations is written until a person approved the plan. */
  planOnly: z.boolean().default(false),
  /** Why a full comparison is due; undefined when none is. */
  auditDue: z.string().optional(),
  lastAuditAt: z.number().optional(),
  /** Fingerprint of the configuration that the last audit compared under. */
  configuration: z.string().optional(),
  /** What the target held when the last audit read it, and what we created and deleted since. */
  counts: z.object({ accounts: z.number(), groups: z.number() }).optional(),
  /** Audits that failed in a row, and when the next one may begin. */
  auditRetry: z.object({ tries: z.number(), notBefore: z.number() }).optional(),
  /** Members that we wrote into groups there, as of the last audit. */
  memberships: z.number().optional(),
  /** While set, nothing is sent to the target except a probe at `probeAt`. */
  quarantine: quarantineSchema
    .extend({
      probeAt: z.number(),
      /** Nobody probes any longer: a person has to switch the target on again. */
      disabledAt: z.number().optional(),
    })
    .optional(),
  /** A probe ended a quarantine at `at`, and nothing was written since: it may not be over. */
  released: quarantineSchema.extend({ at: z.number() }).optional(),
  /** Automatic Identity Management of the account: undefined until somebody could find out. */
  aim: z
    .object({
      on: z.boolean(),
      since: z.number(),
      /** When it was last said, by a probe or by a refusal. */
      checkedAt: z.number(),
      /** Since when probes say that it is on, before that is believed. */
      suspectedSince: z.number().optional(),
    })
    .optional(),
  /** Why nobody could find out the last time, so that it is said once. */
  aimUnknown: z.string().optional(),
  /** What was last said about each way to sign in, by who that is. */
  signIns: z.record(z.string(), signInSchema).optional(),
});
export type TargetState = z.infer<typeof stateSchema>;

const cycleSchema = z.object({ startedAt: z.number().default(0), requested: z.boolean().default(false) });
export type CycleState = z.infer<typeof cycleSchema>;

const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  attempts: z.number(),
  failedAt: z.number(),
  /** When the cycle tries again, once. */
  nextTryAt: z.number(),
  /** The chain of the message that failed, which tells its redelivery from another failure. */
  chain: z.string().optional(),
  correlationId: z.string(),
});
export type Failure = z.infer<typeof failureSchema>;

const FAILURES = 'failure|';

/** For how long a look goes by what was read before it, in milliseconds: a flood asks for it once a second. */
const RECENT_MS = 1_000;
/** For how long it is known who failed. Another instance notes a failure only in the moment of losing its lease. */
const FAILING_MS = 60_000;
const EMPTY: TargetState = { indexed: false, planOnly: false };

/** What is known about each target as a whole, the principals that failed in it, and when the last cycle ran. */
export class TargetStates {
  readonly #states: RowStore<TargetState>;
  readonly #cycles: RowStore<CycleState>;
  readonly #failures: RowStore<Failure>;
  readonly #recent = new Map<string, { readonly at: number; readonly state: Promise<TargetState> }>();
  readonly #failing = new Map<string, { readonly at: number; readonly keys: Promise<Set<string>> }>();

  constructor(table: TableClient) {
    this.#states = new RowStore<TargetState>(table, stateSchema);
    this.#cycles = new RowStore<CycleState>(table, cycleSchema);
    this.#failures = new RowStore<Failure>(table, failureSchema);
  }

  async read(target: string): Promise<TargetState> {
    return (await this.#states.get(target, 'state'))?.value ?? EMPTY;
  }

  /** As {@link read}, up to a second old; what this process stored itself is in it. */
  recent(target: string): Promise<TargetState> {
    const known = this.#recent.get(target);
    if (known !== undefined && isYounger(known.at, RECENT_MS)) return known.state;
    const state = this.read(target);
    this.#recent.set(target, { at: now(), state });
    // Whoever waits for it hears of the failure; the next one asks again.
    state.catch(() => this.#recent.delete(target));
    return state;
  }

  /** Applies `change` to what is stored now; tried again when another writer was faster. */
  async update(target: string, change: (state: TargetState) => TargetState): Promise<TargetState> {
    for (;;) {
      const row = await this.#states.get(target, 'state');
      const next = change(row?.value ?? EMPTY);
      try {
        if (row === undefined) await this.#states.insert(target, 'state', next);
        else await this.#states.replace(target, 'state', next, row.etag);
        this.#recent.delete(target);
        return next;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  /** Counts a resource that we created, or deleted. Before the first audit there is nothing to count from. */
  async count(target: string, kind: PrincipalKind, change: 1 | -1): Promise<void> {
    const of = kind === 'group' ? 'groups' : 'accounts';
    await this.update(target, state =>
      state.counts === undefined
        ? state
        : { ...state, counts: { ...state.counts, [of]: state.counts[of] + change } },
    );
  }

  async readCycle(): Promise<CycleState> {
    return (await this.#cycles.get('cycle', 'state'))?.value ?? { startedAt: 0, requested: false };
  }

  async writeCycle(state: CycleState): Promise<void> {
    await this.#cycles.upsert('cycle', 'state', state);
  }

  async readFailure(target: string, principalKey: string): Promise<Failure | undefined> {
    return (await this.#failures.get(FAILURES + target, principalKey))?.value;
  }

  async writeFailure(target: string, principalKey: string, failure: Failure): Promise<void> {
    await this.#failures.upsert(FAILURES + target, principalKey, failure, failure.nextTryAt);
    this.#failing.delete(target);
  }

  /** To be called for everybody who did not fail; almost all of them did not before either. */
  async clearFailure(target: string, principalKey: string): Promise<void> {
    const failing = await this.#keysOfFailures(target);
    if (failing.has(principalKey)) await this.forgetFailure(target, principalKey);
  }

  /** As {@link clearFailure}, for who knows nothing of what other processes wrote. */
  async forgetFailure(target: string, principalKey: string): Promise<void> {
    await this.#failures.delete(FAILURES + target, principalKey);
    (await this.#failing.get(target)?.keys)?.delete(principalKey);
  }

  #keysOfFailures(target: string): Promise<Set<string>> {
    const known = this.#failing.get(target);
    if (known !== undefined && isYounger(known.at, FAILING_MS)) return known.keys;
    const keys = this.failures(target).then(rows => new Set(rows.map(({ key }) => key)));
    this.#failing.set(target, { at: now(), keys });
    keys.catch(() => this.#failing.delete(target));
    return keys;
  }

  /** Failures of a target, keyed by principal; with `dueBy` only those to be tried again by then. */
  async failures(target: string, options: { dueBy?: number } = {}): Promise<Row<Failure>[]> {
    const found: Row<Failure>[] = [];
    for await (const row of this.#failures.list(FAILURES + target, options)) found.push(row);
    return found;
  }
}

/** A clock that was set back makes nothing younger. */
function isYounger(at: number, ms: number): boolean {
  return at <= now() && now() - at < ms;
}
