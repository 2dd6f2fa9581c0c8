import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { RowStore, VersionConflict } from './row-store.ts';

/** What Graph is asked to notify us of. */
export const subscribedResources = ['users', 'groups'] as const;
export type SubscribedResource = (typeof subscribedResources)[number];

const stateSchema = z.object({
  /** Graph's id of the subscription; undefined while none is known to exist. */
  id: z.string().optional(),
  /** Which client state it has, or is about to have: the instant at which that was made (ms). No secret. */
  generation: z.number().int(),
  /** Tells secrets apart by which that client state was signed, and nothing else about them. */
  key: z.string(),
  /** Where its notifications go. */
  url: z.string(),
  createdAt: z.number().optional(),
  /** From the instant `at` on, client states older than the generation `before` are refused. */
  retired: z.object({ before: z.number(), at: z.number() }).optional(),
  /** Changes that polls found, and of which no notification told. */
  unheard: z.object({ since: z.number(), polls: z.number().int() }).optional(),
  /** Times in a row that it was created anew because nothing was heard. */
  silences: z.number().int().default(0),
  /** Attempts to create it that failed in a row. */
  failure: z.object({ cause: z.string(), tries: z.number().int(), notBefore: z.number() }).optional(),
});
export type SubscriptionState = z.infer<typeof stateSchema>;

const checkSchema = z.object({ checkedAt: z.number().default(0), requestedAt: z.number().default(0) });
const heardSchema = z.object({ at: z.number() });

const PARTITION = 'subscription';
const CHECK = 'check';

/** What is known about our subscriptions to change notifications. */
export class SubscriptionStates {
  readonly #states: RowStore<SubscriptionState>;
  readonly #heard: RowStore<z.infer<typeof heardSchema>>;
  readonly #checks: RowStore<z.infer<typeof checkSchema>>;

  constructor(table: TableClient) {
    this.#states = new RowStore<SubscriptionState>(table, stateSchema);
    this.#heard = new RowStore(table, heardSchema);
    this.#checks = new RowStore(table, checkSchema);
  }

  async read(resource: SubscribedResource): Promise<SubscriptionState | undefined> {
    return (await this.#states.get(PARTITION, resource))?.value;
  }

  /** Applies `change` to what is stored now; tried again when another writer was faster. */
  async update(
    resource: SubscribedResource,
    change: (state: SubscriptionState | undefined) => SubscriptionState,
  ): Promise<SubscriptionState> {
    for (;;) {
      const row = await this.#states.get(PARTITION, resource);
      const next = change(row?.value);
      try {
        if (row === undefined) await this.#states.insert(PARTITION, resource, next);
        else await this.#states.replace(PARTITION, resource, next, row.etag);
        return next;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  /** When a notification of that resource was last noted; undefined: never. */
  async heardAt(resource: SubscribedResource): Promise<number | undefined> {
    return (await this.#heard.get('heard', resource))?.value.at;
  }

  async noteHeard(resource: SubscribedResource, at: number): Promise<void> {
    await this.#heard.upsert('heard', resource, { at });
  }

  /** When Graph was last asked which subscriptions there are, and when somebody wanted it to be asked. */
  async readCheck(): Promise<z.infer<typeof checkSchema>> {
    return (await this.#checks.get(PARTITION, CHECK))?.value ?? { checkedAt: 0, requestedAt: 0 };
  }

  /** The later of two that race wins: a request that gets lost is made up for by the next check. */
  async writeCheck(check: z.infer<typeof checkSchema>): Promise<void> {
    await this.#checks.upsert(PARTITION, CHECK, check);
  }
}
