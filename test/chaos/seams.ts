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
type Listener = (seam: Seam) => Promise<void> | void;

/** Lets faults stand at every seam of the product. A gate costs time, so there is none while nobody listens. */
export class Seams {
  readonly #world: World;
  readonly #listeners = new Set<Listener>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#install();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#uninstall();
    };
  }

  #install(): void {
    const { cloud, storage } = this.#world;
    const { databricks, broker } = cloud;
    databricks.gate = async ({ method }) => {
      if (method !== 'GET') await this.#tell('target before');
    };
    databricks.afterApply = async ({ method }) => {
      if (method !== 'GET') await this.#tell('target after');
    };
    storage.gate = async ({ method, phase }) => {
      if (method !== 'GET') await this.#tell(phase === 'before' ? 'storage before' : 'storage after');
    };
    broker.gate = ({ kind }) => this.#tell(kind);
  }

  #uninstall(): void {
    const { cloud, storage } = this.#world;
    cloud.databricks.gate = undefined;
    cloud.databricks.afterApply = undefined;
    storage.gate = undefined;
    cloud.broker.gate = undefined;
  }

  async #tell(seam: Seam): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(seam);
  }
}
