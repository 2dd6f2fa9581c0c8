import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { laterLookWaitMs } from '../planning/retry-schedule.ts';
import {
  changeId,
  copyId,
  type Delivery,
  laterLookId,
  laterLookInstant,
  lookObligation,
  type Obligation,
  obligationSubject,
  settleInstant,
} from './message.ts';

export const QUEUE_NAME = 'identity-changes';

/** A pump message is folded with others of its target inside this window, in milliseconds. */
const PUMP_WINDOW_MS = 5_000;

/** What a feed says; the queue adds when it is due. */
export type HeardChange = Omit<Change, 'notBefore'>;

/** Sends obligations. Every method resolves only after the broker accepted the messages. */
export class ChangeQueue {
  readonly #sender: ServiceBusSender;
  readonly #settleWindowMs: number;
  /** The pump message that was sent last. */
  readonly #pumped = new Map<string, string>();

  constructor(client: ServiceBusClient, options: { settleWindowMs: number; queueName?: string }) {
    this.#sender = client.createSender(options.queueName ?? QUEUE_NAME);
    this.#settleWindowMs = options.settleWindowMs;
  }

  /** Opens the connection and the link now, so that the first webhook request does not pay for it. */
  async open(): Promise<void> {
    await this.#sender.createMessageBatch();
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }

  /** One message per change and settle window, due when the window ends. `signal` bounds how long that may take. */
  async sendChanges(heard: readonly HeardChange[], signal?: AbortSignal): Promise<void> {
    const notBefore = settleInstant(now(), this.#settleWindowMs);
    await this.#send(
      heard.map(item => {
        const change: Change = { ...item, notBefore };
        return message(lookObligation(change), { chain: changeId(change), attempt: 0, hops: 0 }, notBefore);
      }),
      signal,
    );
  }

  /**
   * A look that is due a while from now, to see what replicas showed too late.
   * @param again how many before it settled nothing
   */
  async sendLaterLook(change: Change, again: number): Promise<void> {
    const notBefore = laterLookInstant(now(), laterLookWaitMs(again));
    const later: Change = { ...change, cause: 'later-look', notBefore, again };
    await this.#send([
      message(lookObligation(later), { chain: laterLookId(later), attempt: 0, hops: 0 }, later.notBefore),
    ]);
  }

  /**
   * The copy that succeeds a message; the caller completes the original after this resolved.
   * @param at when it is to come (ms since the epoch); left out: at once
   */
  async sendCopy(obligation: Obligation, delivery: Delivery, at?: number): Promise<void> {
    await this.#send([message(obligation, { ...delivery, due: at && Math.ceil(at) }, at)]);
  }

  /** Asks some instance to work off the backlog of `target`. */
  async sendPump(target: string): Promise<void> {
    const window = Math.floor(now() / PUMP_WINDOW_MS);
    const chain = `${obligationSubject(target, 'pump')}|p|w${window}`;
    // The broker would drop it: a flood of rows need not ask it each time.
    if (this.#pumped.get(target) === chain) return;
    await this.#send([message({ type: 'pump', target }, { chain, attempt: 0, hops: 0 })]);
    this.#pumped.set(target, chain);
  }

  async #send(messages: ServiceBusMessage[], abortSignal?: AbortSignal): Promise<void> {
    if (messages.length === 0) return;
    let batch = await this.#sender.createMessageBatch({ abortSignal });
    for (const item of messages) {
      if (batch.tryAddMessage(item)) continue;
      await this.#sender.sendMessages(batch, { abortSignal });
      batch = await this.#sender.createMessageBatch({ abortSignal });
      if (!batch.tryAddMessage(item))
        throw new RangeError(`message ${String(item.messageId)} is larger than the queue takes`);
    }
    await this.#sender.sendMessages(batch, { abortSignal });
  }
}

function message(obligation: Obligation, delivery: Delivery, at?: number): ServiceBusMessage {
  const { chain, attempt, hops, due } = delivery;
  return {
    body: { obligation },
    contentType: 'application/json',
    messageId: copyId(delivery),
    ...(obligation.type === 'look' ? { correlationId: obligation.correlationId } : {}),
    ...(at === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(at) }),
    // The host lower-cases the first letter of every key, so only camelCase keys survive the way back.
    applicationProperties: { chain, attempt, hops, ...(due === undefined ? {} : { due }) },
  };
}
