import type { AmqpContent, BrokeredMessage } from './brokered-message.ts';
import type { PropertiesToModify } from './outcome.ts';

/** Where a queue puts its dead letters. */
export interface DeadLetterSink {
  acceptDeadLetter(message: BrokeredMessage, properties: PropertiesToModify): void;
}

/** Durations in milliseconds; infinite where a dead-letter queue knows no limit. */
export interface QueueSettings {
  path: string;
  lockDurationMs: number;
  maxDeliveryCount: number;
  duplicateDetectionWindowMs: number;
  defaultTimeToLiveMs: number;
  deadLetterOnExpiry: boolean;
  /** How far the clock that activates scheduled messages is ahead. */
  activationSkewMs: () => number;
  /** Absent in a dead-letter queue itself. */
  deadLetterQueue?: DeadLetterSink;
}

/** What happens to a message of a queue. `dropped`: it was accepted as a duplicate of another one. */
export type QueueEvent = 'accepted' | 'dropped' | 'delivered' | 'completed' | 'dead-lettered';

export interface QueueListener {
  /** A message can be received. */
  available(): void;
  /** Something has happened to a message. */
  changed(): void;
  /** What has happened to which message. */
  happened(event: QueueEvent, content: AmqpContent): void;
}

export type ReceiveMode = 'peekLock' | 'receiveAndDelete';
