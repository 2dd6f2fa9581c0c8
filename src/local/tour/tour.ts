import { sleep } from '../../identity/clock.ts';
import type { Places } from './places.ts';
import { type TourStep, tourSteps } from './steps.ts';

export interface TourChange {
  readonly name: string;
  /** From Graph's answer to the write until SCIM shows it. */
  readonly latencyMs: number;
}

/** A change did not arrive. */
class TourTimeout extends Error {
  override readonly name = 'TourTimeout';
}

/** Five reads a second: half of what people and audits share, so that the owner's half is not touched. */
const LOOK_EVERY_MS = 200;

/**
 * Makes one change after the other, each when the one before has arrived.
 * @throws {TourTimeout} when one has not arrived within `withinMs`
 */
export async function* tour(
  places: Places,
  options: { signal: AbortSignal; withinMs: number },
): AsyncGenerator<TourChange & { what: string }> {
  for (const step of tourSteps(places)) {
    options.signal.throwIfAborted();
    await step.prepare?.();
    await step.change();
    const latencyMs = await arrival(step, options);
    yield { name: step.name, what: step.what, latencyMs };
  }
}

async function arrival(
  step: TourStep,
  { signal, withinMs }: { signal: AbortSignal; withinMs: number },
): Promise<number> {
  const answeredAt = performance.now();
  for (;;) {
    if (await step.hasArrived()) return Math.round(performance.now() - answeredAt);
    if (performance.now() - answeredAt > withinMs) {
      throw new TourTimeout(
        `"${step.name}" (${step.what}) has not arrived in Databricks within ${withinMs / 1_000} s`,
      );
    }
    await sleep(LOOK_EVERY_MS, signal);
  }
}
