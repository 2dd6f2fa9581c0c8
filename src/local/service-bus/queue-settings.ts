import type { BrokeredMessage } from './brokered-message.ts';
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

export interface QueueListener {
  /** A message can be received. */
  available(): void;
  /** Something has happened to a message. */
  changed(): void;
}

export type ReceiveMode = 'peekLock' | 'receiveAndDelete';
