import type { BrokeredMessage, MessageState } from './brokered-message.ts';
import { SequenceIndex } from './sequence-index.ts';

/** The messages of an entity by number, counted by state. */
export class MessageStore {
  readonly #messages = new Map<number, BrokeredMessage>();
  readonly #index = new SequenceIndex(sequenceNumber => this.#messages.has(sequenceNumber));
  readonly #counts: Record<MessageState, number> = { active: 0, scheduled: 0, locked: 0, deferred: 0 };

  get counts(): Readonly<Record<MessageState, number>> {
    return this.#counts;
  }

  get size(): number {
    return this.#messages.size;
  }

  get(sequenceNumber: number): BrokeredMessage | undefined {
    return this.#messages.get(sequenceNumber);
  }

  has(sequenceNumber: number): boolean {
    return this.#messages.has(sequenceNumber);
  }

  /** The message, if it exists and is in that state. */
  inState(state: MessageState, sequenceNumber: number): BrokeredMessage | undefined {
    const message = this.#messages.get(sequenceNumber);
    return message?.state === state ? message : undefined;
  }

  insert(message: BrokeredMessage): void {
    this.#messages.set(message.sequenceNumber, message);
    this.#index.add(message.sequenceNumber);
    this.#counts[message.state] += 1;
  }

  remove(message: BrokeredMessage): void {
    this.#messages.delete(message.sequenceNumber);
    this.#index.removed();
    this.#counts[message.state] -= 1;
  }

  setState(message: BrokeredMessage, state: MessageState): void {
    this.#counts[message.state] -= 1;
    message.state = state;
    this.#counts[state] += 1;
  }

  /** The messages from a number on, in order. */
  *from(sequenceNumber: number): Generator<BrokeredMessage> {
    for (const found of this.#index.from(sequenceNumber)) yield this.#messages.get(found) as BrokeredMessage;
  }
}
