import type { Outcome } from './outcome.ts';

/** Something that is about to happen to one message. */
export interface GateEvent {
  kind: 'send' | 'deliver' | 'settle';
  /** Path of the entity; a dead-letter queue is `<queue>/$DeadLetterQueue`. */
  queue: string;
  messageId: string;
  /** With `settle`: what the client wants done. */
  outcome?: Outcome['kind'];
}

/**
 * Lets a test stand between the client and the broker. While it waits, the event has not happened: a message that
 * is sent is not stored, one that is delivered is locked but on its way, a settlement is not applied. If it
 * throws, a send or settlement fails without effect (an internal error of the service, which clients retry), and
 * a delivery is lost on the way: the lock runs on until it expires.
 */
export type Gate = (event: GateEvent) => Promise<void> | void;
