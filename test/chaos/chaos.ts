import type { World } from '../harness/world.ts';
import { cpuSecondsOf } from './cpu-seconds.ts';
import { Seams } from './seams.ts';

/** A fault that is waiting to strike, or striking. */
export interface Armed {
  /** How often it struck so far. */
  struck(): number;
  /** Ends it; what it did is not taken back. */
  end(): void | Promise<void>;
  /** When it ends by itself (ms since the epoch). Left out: when it is used up, or everything ends. */
  readonly until?: number;
}

/** Arms one fault. Undefined when it cannot strike now. */
export type Arm = (chaos: Chaos, draw: number) => Armed | undefined | Promise<Armed | undefined>;

/** What faults need of the world: its seams, and its workers, who can be killed at any of them. */
export class Chaos {
  readonly world: World;
  readonly seams: Seams;
  /** See `History.isForgetful`. */
  readonly isForgetful: boolean;
  /** CPU seconds of workers that are dead. */
  #spent = 0;
  #restarts: Promise<unknown> = Promise.resolve();

  constructor(world: World, { isForgetful }: { readonly isForgetful: boolean }) {
    this.world = world;
    this.isForgetful = isForgetful;
    this.seams = new Seams(world);
  }

  /** SIGKILL for the running worker that `draw` picks, and another one in its place. Resolves when the first is dead. */
  async crash(draw: number): Promise<void> {
    const running = this.#running();
    const worker = running[draw % running.length];
    if (worker === undefined) return;
    this.#spent += cpuSecondsOf(worker.process.pid);
    await worker.kill();
    this.#restarts = this.#restarts.then(() => this.world.start(worker.functions));
  }

  /** Resolves when whoever was killed has a successor. */
  async revived(): Promise<void> {
    await this.#restarts;
  }

  /** CPU seconds of all workers so far. */
  get workerSeconds(): number {
    return this.#running().reduce((sum, { process }) => sum + cpuSecondsOf(process.pid), this.#spent);
  }

  #running(): World['workers'] {
    return this.world.workers.filter(
      ({ process }) => process.exitCode === null && process.signalCode === null,
    );
  }
}
