import { messageNotFound, notAllowed } from './broker-error.ts';
import {
  type AmqpContent,
  type BrokeredMessage,
  expiresAt,
  type MessageState,
  modifyProperties,
  readContent,
} from './brokered-message.ts';
import { DueList } from './due-list.ts';
import { DuplicateHistory } from './duplicate-history.ts';
import { Heap } from './heap.ts';
import { LockTable } from './lock-table.ts';
import type { LockToken } from './lock-token.ts';
import { MessageStore } from './message-store.ts';
import type { Outcome, PropertiesToModify } from './outcome.ts';
import type { QueueListener, QueueSettings, ReceiveMode } from './queue-settings.ts';

/**
 * The messages of one entity and their life, without any protocol.
 *
 * Every call first lets the clock have its way: what is due has happened, however long ago the last call was.
 */
export class Queue {
  readonly settings: QueueSettings;
  readonly #listener: QueueListener;
  readonly #store = new MessageStore();
  readonly #active = new Heap<number>((a, b) => a < b);
  readonly #activations = new DueList(number => this.#store.inState('scheduled', number) !== undefined);
  readonly #expiries = new DueList(number => this.#store.has(number));
  readonly #locks: LockTable;
  readonly #history: DuplicateHistory;
  #lastSequenceNumber = 0;

  constructor(settings: QueueSettings, listener: QueueListener) {
    this.settings = settings;
    this.#listener = listener;
    this.#locks = new LockTable(settings.lockDurationMs);
    this.#history = new DuplicateHistory(settings.duplicateDetectionWindowMs);
  }

  /** Messages by state; a locked message counts as locked only. */
  counts(): Record<MessageState, number> {
    this.advance();
    return { ...this.#store.counts };
  }

  /** Whether time alone can change anything here. */
  get awaitsClock(): boolean {
    return this.#locks.size > 0 || this.#activations.size > 0 || this.#expiries.size > 0;
  }

  /** The next instant at which a scheduled message activates or a lock expires (milliseconds since the epoch). */
  nextDue(): number | undefined {
    this.advance();
    const scheduled = this.#activations.next();
    const activation = scheduled && scheduled.at - this.settings.activationSkewMs();
    const expiry = this.#locks.nextExpiry();
    if (activation === undefined || expiry === undefined) return activation ?? expiry;
    return Math.min(activation, expiry);
  }

  /** Does what is due by now. */
  advance(): void {
    const now = Date.now();
    const skewed = now + this.settings.activationSkewMs();
    for (let due = this.#activations.takeDue(skewed); due; due = this.#activations.takeDue(skewed))
      this.#activate(due.sequenceNumber);
    for (const message of this.#locks.unlockExpired(now)) this.#giveBack(message);
    for (let due = this.#expiries.takeDue(now); due; due = this.#expiries.takeDue(now)) {
      const message = this.#store.get(due.sequenceNumber);
      // A lock protects from expiry; `#giveBack` looks again when it ends.
      if (message && message.state !== 'locked') this.#expire(message);
    }
  }

  /**
   * Takes messages in, all or none. A duplicate is accepted and dropped.
   *
   * @returns their sequence numbers. Guess: a duplicate gets a number of its own, which finds nothing.
   */
  send(contents: AmqpContent[]): number[] {
    this.advance();
    const sequenceNumbers = contents.map(content => this.#accept(content));
    this.#listener.changed();
    return sequenceNumbers;
  }

  /** The next message in order, locked or removed. */
  receive(mode: ReceiveMode): BrokeredMessage | undefined {
    this.advance();
    for (let next = this.#active.pop(); next !== undefined; next = this.#active.pop()) {
      // The entry is stale when the message has expired.
      const message = this.#store.inState('active', next);
      if (message) return this.#handOut(message, mode);
    }
    return undefined;
  }

  /** Deferred messages by number. @throws BrokerError when one of them is not there, deferred and unlocked. */
  receiveDeferred(sequenceNumbers: number[], mode: ReceiveMode): BrokeredMessage[] {
    this.advance();
    const messages = sequenceNumbers.map(sequenceNumber => {
      const message = this.#store.inState('deferred', sequenceNumber);
      if (!message) throw messageNotFound(sequenceNumber);
      return message;
    });
    return messages.map(message => this.#handOut(message, mode));
  }

  /** The message behind a lock. @throws BrokerError when the lock is lost. */
  locked(token: LockToken): BrokeredMessage {
    this.advance();
    return this.#locks.get(token);
  }

  /** @throws BrokerError when the lock is lost, or a message of a dead-letter queue is dead-lettered again. */
  settle(token: LockToken, outcome: Outcome): void {
    const message = this.locked(token);
    // Seen in the tests of the client library, which expect InvalidOperationError.
    if (outcome.kind === 'deadletter' && !this.settings.deadLetterQueue)
      throw notAllowed('A message of a dead-letter queue cannot be dead-lettered.');
    this.#locks.unlock(message);
    this.#apply(message, outcome);
    this.#listener.changed();
  }

  /** @returns the new end of the lock (milliseconds since the epoch). @throws BrokerError when the lock is lost. */
  renewLock(token: LockToken): number {
    this.advance();
    const until = this.#locks.renew(token);
    this.#listener.changed();
    return until;
  }

  /** Guess: of several, those before the first unknown one are cancelled. @throws BrokerError for the unknown one. */
  cancelScheduled(sequenceNumbers: number[]): void {
    this.advance();
    for (const sequenceNumber of sequenceNumbers) {
      const message = this.#store.inState('scheduled', sequenceNumber);
      if (!message) throw messageNotFound(sequenceNumber);
      this.#store.remove(message);
      this.#listener.changed();
    }
  }

  /** Messages in any state, from a number on. */
  peek(fromSequenceNumber: number): Iterable<BrokeredMessage> {
    this.advance();
    return this.#store.from(fromSequenceNumber);
  }

  /** Takes over a message of the parent. It keeps its number and delivery count (seen in Microsoft's emulator). */
  acceptDeadLetter(message: BrokeredMessage, properties: PropertiesToModify): void {
    modifyProperties(message, properties);
    this.#store.insert({
      ...message,
      state: 'active',
      deferred: false,
      timeToLiveMs: Number.POSITIVE_INFINITY,
    });
    this.#makeAvailable(message.sequenceNumber);
  }

  #accept(incoming: AmqpContent): number {
    const { messageId, scheduledFor, ...rest } = readContent(incoming, this.settings.defaultTimeToLiveMs);
    const sequenceNumber = this.#nextSequenceNumber();
    const isDuplicate = this.#history.isDuplicate(messageId);
    this.#listener.happened(isDuplicate ? 'dropped' : 'accepted', incoming);
    if (isDuplicate) return sequenceNumber;
    const now = Date.now();
    const later = scheduledFor !== undefined && scheduledFor > now + this.settings.activationSkewMs();
    const message: BrokeredMessage = {
      ...rest,
      messageId,
      sequenceNumber,
      state: later ? 'scheduled' : 'active',
      deferred: false,
      enqueuedAt: now,
      deliveryCount: 0,
    };
    this.#store.insert(message);
    if (later) this.#activations.add({ at: scheduledFor, sequenceNumber });
    else this.#makeActive(message);
    return sequenceNumber;
  }

  #apply(message: BrokeredMessage, outcome: Outcome): void {
    if (outcome.kind === 'complete') {
      this.#store.remove(message);
      this.#listener.happened('completed', message.content);
    } else if (outcome.kind === 'deadletter') {
      this.#deadLetter(message, outcome.reason, outcome.description, outcome.properties);
    } else {
      modifyProperties(message, outcome.properties ?? {});
      if (outcome.kind === 'defer') message.deferred = true;
      this.#giveBack(message);
    }
  }

  /** Ends a delivery that did not remove the message. Deferring counts as well (tests of the client library). */
  #giveBack(message: BrokeredMessage): void {
    const { maxDeliveryCount, deadLetterQueue } = this.settings;
    // Seen in Microsoft's emulator: a dead-letter queue does not count.
    if (deadLetterQueue) message.deliveryCount += 1;
    if (message.deliveryCount >= maxDeliveryCount) {
      const description = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
      this.#deadLetter(message, 'MaxDeliveryCountExceeded', description);
    } else if (expiresAt(message) <= Date.now()) {
      this.#expire(message);
    } else if (message.deferred) {
      this.#store.setState(message, 'deferred');
    } else {
      this.#store.setState(message, 'active');
      this.#makeAvailable(message.sequenceNumber);
    }
    this.#listener.changed();
  }

  /** A message that becomes active is appended under a new number (Microsoft: "Message sequencing and timestamps"). */
  #activate(sequenceNumber: number): void {
    const message = this.#store.get(sequenceNumber) as BrokeredMessage;
    this.#store.remove(message);
    message.sequenceNumber = this.#nextSequenceNumber();
    message.enqueuedAt = Date.now();
    message.state = 'active';
    this.#store.insert(message);
    this.#makeActive(message);
  }

  #makeActive(message: BrokeredMessage): void {
    const at = expiresAt(message);
    if (Number.isFinite(at)) this.#expiries.add({ at, sequenceNumber: message.sequenceNumber });
    this.#makeAvailable(message.sequenceNumber);
  }

  #makeAvailable(sequenceNumber: number): void {
    this.#active.push(sequenceNumber);
    this.#listener.changed();
    this.#listener.available();
  }

  #handOut(message: BrokeredMessage, mode: ReceiveMode): BrokeredMessage {
    if (mode === 'receiveAndDelete') {
      this.#store.remove(message);
    } else {
      this.#store.setState(message, 'locked');
      this.#locks.lock(message);
    }
    this.#listener.happened('delivered', message.content);
    this.#listener.changed();
    return message;
  }

  #expire(message: BrokeredMessage): void {
    if (this.settings.deadLetterOnExpiry)
      this.#deadLetter(message, 'TTLExpiredException', 'The message expired and was dead lettered.');
    else this.#store.remove(message);
    this.#listener.changed();
  }

  #deadLetter(
    message: BrokeredMessage,
    reason?: string,
    description?: string,
    properties: PropertiesToModify = {},
  ): void {
    this.#store.remove(message);
    this.#listener.happened('dead-lettered', message.content);
    this.settings.deadLetterQueue?.acceptDeadLetter(message, {
      ...properties,
      ...(reason !== undefined && { DeadLetterReason: reason }),
      ...(description !== undefined && { DeadLetterErrorDescription: description }),
    });
  }

  #nextSequenceNumber(): number {
    this.#lastSequenceNumber += 1;
    return this.#lastSequenceNumber;
  }
}
