import { setTimeout as realSleep } from 'node:timers/promises';
import type { LocalCloud } from '../../src/local/cloud.ts';

/** Real milliseconds without any traffic after which nothing is taken to be in flight. */
const QUIET_MS = 12;
/** A timer that is late by more than this tells of a machine on which the workers wait for their turn as well. */
const LATE_MS = 6;
/** Moments in a row that are not believed on such a machine. */
const LONGEST_STARVED = 10;

/** A server that counts its requests. */
export interface Served {
  /** Received so far. */
  readonly requests: number;
  /** Received and not yet answered. */
  readonly inFlight: number;
  /** Those among them that hang, and that nothing else waits for. */
  readonly hanging?: number;
}

/** What goes over the wire between the workers and everything around them. */
export class Traffic {
  readonly #cloud: LocalCloud;
  readonly #watched: Served[];
  #before = '';

  constructor(cloud: LocalCloud, ...watched: readonly Served[]) {
    this.#cloud = cloud;
    this.#watched = [...watched];
  }

  watch(server: Served): void {
    this.#watched.push(server);
  }

  /**
   * Waits until nothing has moved for a moment, in which this process at least had its turn when it asked for it.
   * @returns whether anything moved since the last call
   */
  async quiet(): Promise<boolean> {
    for (let before = '', starved = 0; before !== this.#soFar() || this.#isBusy() || starved > 0; ) {
      before = this.#soFar();
      const begin = performance.now();
      await realSleep(QUIET_MS);
      const isLate = performance.now() - begin > QUIET_MS + LATE_MS;
      starved = isLate && starved < LONGEST_STARVED ? starved + 1 : 0;
    }
    const last = this.#before;
    this.#before = this.#soFar();
    return last !== this.#before;
  }

  #servers(): Served[] {
    const { directory, databricks } = this.#cloud;
    return [directory, databricks, ...databricks.workspaces.values(), ...this.#watched];
  }

  #soFar(): string {
    return [this.#cloud.broker.activity, ...this.#servers().map(({ requests }) => requests)].join();
  }

  #isBusy(): boolean {
    return this.#servers().some(({ inFlight, hanging = 0 }) => inFlight > hanging);
  }
}
