import { setTimeout as realSleep } from 'node:timers/promises';
import type {
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from '@azure/service-bus';
import type { Binding, TypedData } from './core-types.ts';
import type { HostSettings } from './host-json.ts';
import { renewLock } from './lock-renewal.ts';
import type { HostLog } from './log.ts';
import { openServiceBus } from './service-bus-client.ts';
import type { HeldMessage } from './settlement-service.ts';
import { toServiceBusInput } from './trigger-metadata.ts';

/** Real milliseconds after which a settlement no longer waits for the one before it. */
const LONGEST_TURN_MS = 250;

/** A running Service Bus trigger. */
export interface ServiceBusTrigger {
  /** Takes no further message; those in flight go on. */
  stop(): Promise<void>;
  /** Drops the connection. Messages in flight are neither completed nor abandoned: their locks run out. */
  close(): Promise<void>;
}

/** What the trigger needs from the host. */
export interface ServiceBusTriggerOptions {
  name: string;
  binding: Binding;
  host: HostSettings['serviceBus'];
  settings: NodeJS.ProcessEnv;
  log: HostLog;
  /** The settlement service's messages by lock token. */
  held: Map<string, HeldMessage>;
  run(
    name: string,
    inputs: Record<string, TypedData>,
    triggerMetadata: Record<string, TypedData>,
    traceParent: string | undefined,
  ): Promise<unknown>;
}

/**
 * Pumps a queue into a function: single dispatch, peek lock, complete after success (unless `autoCompleteMessages` is
 * off), abandon at once after a throw.
 *
 * @throws for a binding that asks for what is not imitated (sessions, batches, topics), and without a connection.
 */
export async function startServiceBusTrigger(options: ServiceBusTriggerOptions): Promise<ServiceBusTrigger> {
  const { name, binding, host } = options;
  if (binding.isSessionsEnabled === true)
    throw new Error(`${name}: sessions are not imitated by the local host`);
  if (binding.cardinality === 'many') throw new Error(`${name}: batches are not imitated by the local host`);
  if (typeof binding.queueName !== 'string')
    throw new Error(`${name}: only queues are imitated by the local host`);
  const client = await openServiceBus(
    String(binding.connection ?? 'AzureWebJobsServiceBus'),
    options.settings,
  );
  const pump = new Pump(options, client, binding.queueName);
  pump.start(host.maxConcurrentCalls, host.prefetchCount);
  return pump;
}

class Pump implements ServiceBusTrigger {
  readonly #options: ServiceBusTriggerOptions;
  readonly #client: ServiceBusClient;
  readonly #receiver: ServiceBusReceiver;
  #subscription: { close(): Promise<void> } | undefined;
  #stopped = false;
  #closed = false;
  /** Free places of `maxConcurrentCalls`: after a reconnection the SDK may deliver more than it has credit for. */
  #free = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #renewals = new Set<() => void>();
  #settling: Promise<unknown> = Promise.resolve();

  constructor(options: ServiceBusTriggerOptions, client: ServiceBusClient, queue: string) {
    this.#options = options;
    this.#client = client;
    this.#receiver = client.createReceiver(queue, {
      receiveMode: 'peekLock',
      // The SDK's own renewal waits on timers, ours on the wall clock.
      maxAutoLockRenewalDurationInMs: 0,
      skipParsingBodyAsJson: true,
    });
  }

  start(maxConcurrentCalls: number, prefetchCount: number): void {
    this.#free = maxConcurrentCalls;
    this.#subscription = this.#receiver.subscribe(
      { processMessage: message => this.#process(message), processError: args => this.#report(args) },
      // Prefetched messages wait here with their locks running, not renewed.
      { autoCompleteMessages: false, maxConcurrentCalls: maxConcurrentCalls + prefetchCount },
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await this.#subscription?.close();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#closed = true;
    for (const stop of this.#renewals) stop();
    await this.#client.close();
  }

  async #process(message: ServiceBusReceivedMessage): Promise<void> {
    if (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve));
    // A message that arrives while the host stops keeps its lock until that runs out. Guess, adversarial.
    if (this.#stopped) return;
    this.#free -= 1;
    try {
      await this.#dispatch(message);
    } finally {
      this.#free += 1;
      this.#waiting.shift()?.();
    }
  }

  async #dispatch(message: ServiceBusReceivedMessage): Promise<void> {
    const { name, binding, host, held, log } = this.#options;
    const token = message.lockToken ?? '';
    const settlement = new Settlement(this.#receiver, message, call => this.#oneByOne(call));
    held.set(token, settlement);
    const stopRenewal = renewLock(
      {
        lockedUntil: message.lockedUntilUtc?.getTime() ?? Date.now(),
        renew: async () => (await this.#receiver.renewMessageLock(message)).getTime(),
        onError: error =>
          log.system(name, 'error', `Message processing error (Action=RenewLock): ${String(error)}`),
      },
      host.maxAutoLockRenewalMs,
    );
    this.#renewals.add(stopRenewal);
    const input = toServiceBusInput(message, binding.dataType === 'binary');
    const traceParent = message.applicationProperties?.['Diagnostic-Id'];
    let failed = false;
    try {
      await this.#options.run(
        name,
        { [binding.name ?? 'serviceBusTrigger']: input.data },
        input.triggerMetadata,
        typeof traceParent === 'string' ? traceParent : undefined,
      );
    } catch {
      failed = true;
    } finally {
      stopRenewal();
      this.#renewals.delete(stopRenewal);
      held.delete(token);
    }
    if (this.#closed || settlement.settled) return;
    const complete = binding.autoCompleteMessages ?? host.autoCompleteMessages;
    if (!failed && complete === false) return;
    try {
      await (failed ? settlement.abandon() : settlement.complete());
    } catch (error) {
      const action = failed ? 'Abandon' : 'Complete';
      log.system(name, 'error', `Message processing error (Action=${action}): ${String(error)}`);
    }
  }

  /**
   * The SDK writes two dispositions of one tick as one frame, with the outcome of the first: a dead letter next to a
   * completion would be completed. So each waits for the broker's word on the one before; not for long, since a
   * connection that broke is given up by timers only.
   */
  #oneByOne(call: () => Promise<void>): Promise<void> {
    const mine = Promise.race([this.#settling, realSleep(LONGEST_TURN_MS, undefined, { ref: false })]).then(
      call,
      call,
    );
    this.#settling = mine.catch(() => undefined);
    return mine;
  }

  async #report(args: ProcessErrorArgs): Promise<void> {
    if (this.#closed) return;
    const { name, log } = this.#options;
    log.system(name, 'error', `Message processing error (Action=${args.errorSource}): ${args.error.message}`);
  }
}

/** The ways to settle one message, each through the receiver that got it. */
class Settlement implements HeldMessage {
  settled = false;
  readonly #receiver: ServiceBusReceiver;
  readonly #message: ServiceBusReceivedMessage;
  readonly #inTurn: (call: () => Promise<void>) => Promise<void>;

  constructor(
    receiver: ServiceBusReceiver,
    message: ServiceBusReceivedMessage,
    inTurn: (call: () => Promise<void>) => Promise<void>,
  ) {
    this.#receiver = receiver;
    this.#message = message;
    this.#inTurn = inTurn;
  }

  complete(): Promise<void> {
    return this.#settle(() => this.#receiver.completeMessage(this.#message));
  }

  abandon(): Promise<void> {
    return this.#settle(() => this.#receiver.abandonMessage(this.#message));
  }

  defer(): Promise<void> {
    return this.#settle(() => this.#receiver.deferMessage(this.#message));
  }

  deadLetter(deadLetterReason?: string, deadLetterErrorDescription?: string): Promise<void> {
    const texts = {
      deadLetterReason: deadLetterReason ?? '',
      deadLetterErrorDescription: deadLetterErrorDescription ?? '',
    };
    const none = deadLetterReason === undefined && deadLetterErrorDescription === undefined;
    return this.#settle(() => this.#receiver.deadLetterMessage(this.#message, none ? undefined : texts));
  }

  async renewLock(): Promise<void> {
    await this.#receiver.renewMessageLock(this.#message);
  }

  /** Counts as settled only once the broker confirmed it: a failed settlement leaves the message to the host. */
  async #settle(call: () => Promise<void>): Promise<void> {
    await this.#inTurn(call);
    this.settled = true;
  }
}
