import type { BrokeredMessage } from './brokered-message.ts';
import { Queue } from './queue.ts';
import type { QueueListener, QueueSettings, ReceiveMode } from './queue-settings.ts';

/** A receiver, as far as messages are handed out to it. */
export interface Receiving {
  readonly mode: ReceiveMode;
  readonly closed: boolean;
  /** It has asked for more than it has. */
  readonly ready: boolean;
  deliver(message: BrokeredMessage): Promise<void>;
}

/** A queue or dead-letter queue, and who receives from it: messages go to the receivers in turn. */
export class Entity {
  readonly queue: Queue;
  #consumers: Receiving[] = [];
  /** Position of the receiver that got the last message. */
  #served = 0;
  #pumping = false;

  /** @param listener hears of whatever happens to the queue. */
  constructor(settings: QueueSettings, listener: Omit<QueueListener, 'available'>) {
    this.queue = new Queue(settings, { available: () => this.pump(), ...listener });
  }

  get path(): string {
    return this.queue.settings.path;
  }

  addConsumer(consumer: Receiving): void {
    this.#consumers.push(consumer);
  }

  /** Hands out messages while there are some and somebody has asked for them. */
  pump(): void {
    // Handing out can make messages available, which leads back here.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let consumer = this.#nextReady(); consumer; consumer = this.#nextReady()) {
        const message = this.queue.receive(consumer.mode);
        if (!message) return;
        this.#served = this.#consumers.indexOf(consumer);
        void consumer.deliver(message);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #nextReady(): Receiving | undefined {
    if (this.#consumers.some(consumer => consumer.closed))
      this.#consumers = this.#consumers.filter(consumer => !consumer.closed);
    for (let step = 1; step <= this.#consumers.length; step++) {
      const consumer = this.#consumers[(this.#served + step) % this.#consumers.length];
      if (consumer?.ready) return consumer;
    }
    return undefined;
  }
}
