import { randomBytes } from 'node:crypto';
import { AmqpServer } from './amqp-server.ts';
import type { AmqpContent } from './brokered-message.ts';
import { Entity } from './entity.ts';
import type { Gate } from './gate.ts';
import type { QueueEvent } from './queue-settings.ts';

const DEAD_LETTER_SUFFIX = '/$DeadLetterQueue';
const DAY_MS = 24 * 60 * 60 * 1000;

/** Milliseconds between two looks at the clock while anything waits for it. */
const TICK_MS = 10;

/** A queue; all durations are in milliseconds. */
export interface QueueOptions {
  name: string;
  /** Default 60,000. */
  lockDurationMs?: number;
  /** Deliveries after which a message is dead-lettered. Default 20. */
  maxDeliveryCount?: number;
  /** 0 switches duplicate detection off. Default 600,000. */
  duplicateDetectionWindowMs?: number;
  /** Longest life of an active message. Default 14 days. */
  defaultTimeToLiveMs?: number;
  /** Default true. */
  deadLetterOnExpiry?: boolean;
}

export interface QueueCounts {
  active: number;
  scheduled: number;
  locked: number;
  deferred: number;
  deadLettered: number;
}

/** A Service Bus namespace in this process, for the unmodified `@azure/service-bus`. */
export interface Broker {
  readonly port: number;
  readonly connectionString: string;
  /** Added to the broker's own clock when it activates scheduled messages: positive = early, negative = late (milliseconds). */
  activationSkewMs: number;
  /** Messages by state; a locked message counts as locked only. @throws RangeError for an unknown queue. */
  counts(queue: string): QueueCounts;
  /** Earliest instant (milliseconds since the epoch) at which a scheduled message activates or a lock expires. */
  nextDue(): number | undefined;
  /** Grows with every send, delivery, settlement and everything else that happens to a message. */
  readonly activity: number;
  /** While true, new connections are refused and existing ones are broken off. Messages and locks are kept. */
  setUnreachable(on: boolean): Promise<void>;
  /** See {@link Gate}. */
  gate?: Gate | undefined;
  /** Told of whatever happens to the messages of a queue, dead-letter queues left out. */
  journal?: ((event: QueueEvent, queue: string, content: AmqpContent) => void) | undefined;
  close(): Promise<void>;
}

/**
 * Starts a broker on the loopback interface.
 *
 * @param options.port 0, the default, for any free port.
 * @throws when the port is taken.
 */
export async function startBroker(options: { port?: number; queues: QueueOptions[] }): Promise<Broker> {
  const broker = new LocalBroker(options.queues);
  await broker.start(options.port ?? 0);
  return broker;
}

class LocalBroker implements Broker {
  activationSkewMs = 0;
  gate?: Gate | undefined;
  journal?: Broker['journal'];
  readonly #entities = new Map<string, Entity>();
  readonly #accessKey = { name: 'RootManageSharedAccessKey', key: randomBytes(32).toString('base64') };
  #server: AmqpServer | undefined;
  #activity = 0;
  #tick: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(queues: QueueOptions[]) {
    for (const queue of queues) this.#addQueue(queue);
  }

  async start(port: number): Promise<void> {
    this.#server = await AmqpServer.listen(port, {
      find: path => this.#entities.get(path.toLowerCase()),
      accessKey: this.#accessKey,
      gate: event => {
        this.#activity += 1;
        return this.gate?.(event);
      },
    });
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  get connectionString(): string {
    const { name, key } = this.#accessKey;
    return `Endpoint=sb://127.0.0.1:${this.port};SharedAccessKeyName=${name};SharedAccessKey=${key};UseDevelopmentEmulator=true`;
  }

  get activity(): number {
    return this.#activity;
  }

  counts(name: string): QueueCounts {
    const { queue } = this.#entity(name);
    const deadLetters = this.#entity(name + DEAD_LETTER_SUFFIX).queue;
    const counts = queue.counts();
    const deadLettered = Object.values(deadLetters.counts()).reduce((sum, count) => sum + count, 0);
    return { ...counts, deadLettered };
  }

  nextDue(): number | undefined {
    const instants = [...this.#entities.values()].map(
      ({ queue }) => queue.nextDue() ?? Number.POSITIVE_INFINITY,
    );
    const earliest = Math.min(...instants);
    return Number.isFinite(earliest) ? earliest : undefined;
  }

  async setUnreachable(on: boolean): Promise<void> {
    await (on ? this.#server?.stop() : this.#server?.resume());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#tick);
    await this.#server?.stop();
  }

  #addQueue(options: QueueOptions): void {
    const changed = (): void => {
      this.#activity += 1;
      this.#armTick();
    };
    const shared = {
      lockDurationMs: options.lockDurationMs ?? 60_000,
      activationSkewMs: () => this.activationSkewMs,
    };
    const deadLetters = new Entity(
      {
        ...shared,
        path: options.name + DEAD_LETTER_SUFFIX,
        maxDeliveryCount: Number.POSITIVE_INFINITY,
        duplicateDetectionWindowMs: 0,
        defaultTimeToLiveMs: Number.POSITIVE_INFINITY,
        deadLetterOnExpiry: false,
      },
      { changed, happened: () => undefined },
    );
    const entity = new Entity(
      {
        ...shared,
        path: options.name,
        maxDeliveryCount: options.maxDeliveryCount ?? 20,
        duplicateDetectionWindowMs: options.duplicateDetectionWindowMs ?? 600_000,
        defaultTimeToLiveMs: options.defaultTimeToLiveMs ?? 14 * DAY_MS,
        deadLetterOnExpiry: options.deadLetterOnExpiry ?? true,
        deadLetterQueue: deadLetters.queue,
      },
      { changed, happened: (event, content) => this.journal?.(event, options.name, content) },
    );
    for (const each of [entity, deadLetters]) this.#entities.set(each.path.toLowerCase(), each);
  }

  #entity(path: string): Entity {
    const entity = this.#entities.get(path.toLowerCase());
    if (!entity) throw new RangeError(`The broker has no queue '${path}'.`);
    return entity;
  }

  /** Looks at the clock again soon: it may be moved at any moment, so no timer can be set to the due instant. */
  #armTick(): void {
    if (this.#tick || this.#closed) return;
    this.#tick = setTimeout(() => {
      this.#tick = undefined;
      const entities = [...this.#entities.values()];
      for (const { queue } of entities) queue.advance();
      if (entities.some(({ queue }) => queue.awaitsClock)) this.#armTick();
    }, TICK_MS).unref();
  }
}
