import type { World } from '../harness/world.ts';

/** A moment at which something of the product's is half done. */
export type Seam =
  | 'target before'
  | 'target after'
  | 'storage before'
  | 'storage after'
  | 'send'
  | 'deliver'
  | 'settle';

/** @throws to make a send, a delivery or a settlement fail; elsewhere it must not. */
type Listener = () => Promise<void> | void;

/** Lets faults stand at every seam of the product. A gate costs time, so there is none where nobody listens. */
export class Seams {
  readonly #world: World;
  readonly #listeners = new Map<Seam, Set<Listener>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns what ends it */
  listen(seam: Seam, listener: Listener): () => void {
    const listeners = this.#at(seam);
    this.#listeners.set(seam, listeners.add(listener));
    this.#install();
    return () => {
      listeners.delete(listener);
      this.#install();
    };
  }

  #install(): void {
    const { cloud, storage } = this.#world;
    const { databricks, broker } = cloud;
    databricks.gate = this.#ofWrites('target before');
    databricks.afterApply = this.#ofWrites('target after');
    const isAwaited = this.#isAwaited('storage before') || this.#isAwaited('storage after');
    storage.gate = isAwaited
      ? async ({ method, phase }) => {
          if (method !== 'GET') await this.#tell(phase === 'before' ? 'storage before' : 'storage after');
        }
      : undefined;
    const isQueue = (['send', 'deliver', 'settle'] as const).some(seam => this.#isAwaited(seam));
    broker.gate = isQueue ? ({ kind }) => this.#tell(kind) : undefined;
  }

  #ofWrites(seam: Seam): World['cloud']['databricks']['gate'] {
    if (!this.#isAwaited(seam)) return undefined;
    return async ({ method }) => {
      if (method !== 'GET') await this.#tell(seam);
    };
  }

  #isAwaited(seam: Seam): boolean {
    return this.#at(seam).size > 0;
  }

  #at(seam: Seam): Set<Listener> {
    return this.#listeners.get(seam) ?? new Set();
  }

  async #tell(seam: Seam): Promise<void> {
    for (const listener of [...this.#at(seam)]) await listener();
  }
}
