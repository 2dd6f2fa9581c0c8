import { sleep } from '../../identity/clock.ts';
import { type Convergence, compareAll } from '../../operations/converged.ts';
import { readStatus } from '../../operations/status.ts';
import { type TourChange, tour } from '../tour/tour.ts';
import { settled } from './cycle.ts';
import { duration, type Screen } from './screen.ts';
import type { Session } from './session.ts';
import { showComparison } from './show.ts';

/** What `--json` prints. */
export interface OnceResult {
  readonly converged: boolean;
  /** Linked and active. */
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
  readonly changes: readonly TourChange[];
  /** Requests of the pipeline, those of the tour not among them; null where nobody counts them. */
  readonly graphRequests: number | null;
  readonly scimRequests: number | null;
  readonly deadLettered: number;
  readonly held: number;
  /** Why it did not come to its end. */
  readonly error?: string;
}

const STEP_WITHIN_MS = 60_000;
const SETTLED_WITHIN_MS = 45_000;
/** A difference counts when it is still there after so many comparisons, since reads may lag behind writes. */
const COMPARISONS = 3;
const BETWEEN_MS = 3_000;

/** The tour, where there is one, and the full comparison. */
export async function runOnce(session: Session, screen: Screen, signal: AbortSignal): Promise<OnceResult> {
  const changes: TourChange[] = [];
  if (session.tour !== undefined) {
    screen.line('A tour of live changes, each written to Graph and awaited in SCIM:');
    for await (const { name, what, latencyMs } of tour(session.tour, { signal, withinMs: STEP_WITHIN_MS })) {
      changes.push({ name, latencyMs });
      screen.line(`  ${name.padEnd(18)} ${duration(latencyMs).padStart(7)}   ${what}`);
    }
  }
  await settled(session, SETTLED_WITHIN_MS, signal);
  screen.line('Comparing Entra ID with Databricks, completely …');
  const comparison = await compareUntilAgreed(session, signal);
  showComparison(screen, comparison);
  return resultOf(session, comparison, changes);
}

async function compareUntilAgreed(session: Session, signal: AbortSignal): Promise<Convergence> {
  for (let tries = 1; ; tries += 1) {
    const comparison = await compareAll(session.app, session.deadLetters);
    if (comparison.converged || tries === COMPARISONS) return comparison;
    await sleep(BETWEEN_MS, signal);
  }
}

async function resultOf(
  session: Session,
  comparison: Convergence,
  changes: readonly TourChange[],
): Promise<OnceResult> {
  const statuses = await readStatus(session.app);
  const total = (of: (status: (typeof statuses)[number]) => number) =>
    statuses.reduce((sum, status) => sum + of(status), 0);
  const requests = session.requests();
  return {
    converged: comparison.converged,
    users: total(({ users }) => users),
    groups: total(({ groups }) => groups),
    memberships: total(({ memberships }) => memberships),
    changes,
    graphRequests: requests?.graph ?? null,
    scimRequests: requests?.scim ?? null,
    deadLettered: comparison.deadLetters.reduce((sum, { count }) => sum + count, 0),
    held: comparison.held,
  };
}

/** The same shape for a run that failed on the way. */
export function failedResult(error: unknown): OnceResult {
  return {
    converged: false,
    users: 0,
    groups: 0,
    memberships: 0,
    changes: [],
    graphRequests: null,
    scimRequests: null,
    deadLettered: 0,
    held: 0,
    error: error instanceof Error ? error.message : String(error),
  };
}
