import type { Armed, Chaos } from './chaos.ts';
import { directoryFaults } from './faults-of-directory.ts';
import { queueFaults } from './faults-of-queue.ts';
import { storageFaults } from './faults-of-storage.ts';
import { targetFaults } from './faults-of-target.ts';
import { workerFaults } from './faults-of-workers.ts';

const all = { ...targetFaults, ...directoryFaults, ...queueFaults, ...storageFaults, ...workerFaults };
export type Fault = keyof typeof all;

/** Everything that can go wrong around the tenant. */
export const FAULTS = Object.keys(all) as readonly Fault[];

interface ArmedFault {
  readonly fault: Fault;
  readonly armed: Armed;
}

/** The faults of one history: armed, ended when their time is over, and counted. */
export class Faults {
  readonly #chaos: Chaos;
  readonly #armed: ArmedFault[] = [];
  readonly #struck = new Map<Fault, number>();

  constructor(chaos: Chaos) {
    this.#chaos = chaos;
  }

  /** In words; undefined when it could not be armed. */
  async arm(fault: Fault, draw: number): Promise<string | undefined> {
    // One at a time of those that last: the first to end would end the others.
    if (this.#armed.some(one => one.fault === fault && one.armed.until !== undefined)) return undefined;
    const armed = await all[fault](this.#chaos, draw);
    if (armed === undefined) return undefined;
    this.#armed.push({ fault, armed });
    return `${fault} (${draw})`;
  }

  /** Ends those whose time is over. */
  async tick(): Promise<void> {
    for (const one of [...this.#armed])
      if (one.armed.until !== undefined && one.armed.until <= Date.now()) await this.#end(one);
  }

  async endAll(): Promise<void> {
    for (const one of [...this.#armed]) await this.#end(one);
  }

  /** How often each struck; complete once all are ended. */
  get struck(): ReadonlyMap<Fault, number> {
    return this.#struck;
  }

  async #end(one: ArmedFault): Promise<void> {
    this.#armed.splice(this.#armed.indexOf(one), 1);
    await one.armed.end();
    this.#struck.set(one.fault, (this.#struck.get(one.fault) ?? 0) + one.armed.struck());
  }
}
