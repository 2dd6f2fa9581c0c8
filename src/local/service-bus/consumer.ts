import type { Delivery, EventContext, Sender } from 'rhea';
import { asBrokerError, notAllowed } from './broker-error.ts';
import { type BrokeredMessage, encodeForReceiver } from './brokered-message.ts';
import type { Entity } from './entity.ts';
import type { Gate } from './gate.ts';
import { fromDeliveryTag, type LockToken, newLockToken, toDeliveryTag } from './lock-token.ts';
import { outcomeOf } from './outcome.ts';
import type { ReceiveMode } from './queue-settings.ts';
import { answerDrain, closeWithError, deliveryLimit, echoAttach, remoteState, settle } from './rhea-link.ts';

/** Sender settle mode "settled" (AMQP 1.0, part 2.8.2): what is sent is gone. */
const SETTLED = 1;

/** A link on which a client receives. */
export class Consumer {
  readonly mode: ReceiveMode;
  readonly #link: Sender;
  readonly #entity: Entity;
  readonly #gate: Gate;
  /** Deliveries so far, counted like {@link deliveryLimit}: including drained ones. */
  #delivered = 0;
  #onTheWay = 0;
  #drainRequested = false;

  constructor(link: Sender, entity: Entity, gate: Gate) {
    this.#link = link;
    this.#entity = entity;
    this.#gate = gate;
    this.mode = link.snd_settle_mode === SETTLED ? 'receiveAndDelete' : 'peekLock';
  }

  /** Serves a receiver link that a client has just attached. */
  static attach(link: Sender, entity: Entity, gate: Gate): void {
    // Queues without sessions are all that this broker has.
    if (link.source?.filter && 'com.microsoft:session-filter' in link.source.filter) {
      closeWithError(
        link,
        notAllowed('A sessionful receiver cannot be created on an entity without sessions.'),
      );
      return;
    }
    echoAttach(link);
    new Consumer(link, entity, gate).#listen();
  }

  get closed(): boolean {
    return !this.#link.is_open();
  }

  /** Whether the client has asked for more. */
  get ready(): boolean {
    return !this.closed && this.#delivered < deliveryLimit(this.#link);
  }

  /** Sends a message that was received for this client. A locked message that does not get there stays locked. */
  async deliver(message: BrokeredMessage): Promise<void> {
    const token = message.lock?.token ?? newLockToken();
    this.#delivered += 1;
    this.#onTheWay += 1;
    const arrives = await this.#passGate(message, token);
    this.#onTheWay -= 1;
    if (arrives) this.#link.send(encodeForReceiver(message), toDeliveryTag(token), 0);
    // Otherwise the client is still owed one.
    else this.#delivered -= 1;
    this.#finishDrain();
    if (this.ready) this.#entity.pump();
  }

  /** Whether the message gets to the client: not if it is lost on the way, or late. */
  async #passGate({ messageId }: BrokeredMessage, token: LockToken): Promise<boolean> {
    try {
      const held = this.#gate({ kind: 'deliver', queue: this.#entity.path, messageId });
      if (held) await held;
      if (this.mode === 'peekLock') this.#entity.queue.locked(token);
      return !this.closed;
    } catch {
      return false;
    }
  }

  #listen(): void {
    this.#entity.addConsumer(this);
    this.#link.on('sender_flow', () => this.#entity.pump());
    this.#link.on('sender_draining', () => {
      this.#drainRequested = true;
      this.#finishDrain();
    });
    for (const state of ['accepted', 'modified', 'released', 'rejected'] as const) {
      this.#link.on(state, ({ delivery }: EventContext) => {
        if (delivery) void this.#settle(delivery, state);
      });
    }
  }

  async #settle(delivery: Delivery, state: 'accepted' | 'modified' | 'released' | 'rejected'): Promise<void> {
    const { queue, path } = this.#entity;
    try {
      const token = fromDeliveryTag(delivery.tag as Buffer);
      const outcome = outcomeOf(state, remoteState(delivery));
      const { messageId } = queue.locked(token);
      const held = this.#gate({ kind: 'settle', queue: path, messageId, outcome: outcome.kind });
      if (held) await held;
      queue.settle(token, outcome);
      settle(delivery);
    } catch (error) {
      settle(delivery, asBrokerError(error));
    }
  }

  #finishDrain(): void {
    if (!this.#drainRequested || this.#onTheWay > 0 || this.closed) return;
    this.#drainRequested = false;
    this.#delivered = deliveryLimit(this.#link);
    answerDrain(this.#link);
  }
}
