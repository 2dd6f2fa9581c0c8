import { now } from '../identity/clock.ts';
import { messageBody } from '../messaging/message.ts';
import { DECIDED, type ProvisioningLog } from '../state/provisioning-log.ts';
import type { OperationsContext } from './context.ts';
import { type DeadLetter, type DeadLetterFilter, isMeant, toDeadLetter } from './dead-letters.ts';
import { peekAll, type ServiceBusSettings, takeEach, withServiceBus } from './dead-letters-queue.ts';
import type { DeadLettersDone } from './dead-letters-replay.ts';

/** Where the log keeps what is about no target that could be read. */
const NO_TARGET = 'unknown';

/**
 * Removes the dead letters that the filter means for good. Each is written to the provisioning log first, with who did
 * it and why.
 *
 * The failure row of its principal stays: he still fails, the cycle goes on trying him, and a failure for the same
 * reason makes no new dead letter.
 * @throws what kept one from being logged or removed; those from there on are where they were
 */
export function discardDeadLetters(
  { state }: Pick<OperationsContext, 'state'>,
  settings: ServiceBusSettings,
  filter: DeadLetterFilter,
  o: {
    by: string;
    why: string;
    signal?: AbortSignal | undefined;
    onDiscarded?: (letter: DeadLetter) => void;
  },
): Promise<DeadLettersDone> {
  return withServiceBus(settings, async client => {
    const wanted = (await peekAll(client)).filter(message => isMeant(toDeadLetter(message), filter));
    return takeEach(client, wanted, {
      turn: async () => o.signal?.throwIfAborted(),
      work: async message => {
        const letter = toDeadLetter(message);
        await state.log.append(entryOf(letter, message.body, o));
        o.onDiscarded?.(letter);
      },
    });
  });
}

function entryOf(
  letter: DeadLetter,
  body: unknown,
  { by, why }: { by: string; why: string },
): Parameters<ProvisioningLog['append']>[0] {
  const obligation = messageBody.safeParse(body).data?.obligation;
  const look = obligation?.type === 'look' ? obligation : undefined;
  return {
    at: now(),
    target: letter.target ?? NO_TARGET,
    principal: look?.principal,
    action: DECIDED.discarded,
    detail: `${letter.reason}, number ${letter.sequenceNumber}, by ${by}: ${why}`,
    cause: 'on-demand',
    heardAt: look?.heardAt ?? letter.enqueuedAt,
    correlationId: letter.correlationId ?? letter.chain ?? '',
  };
}
