import { randomUUID } from 'node:crypto';
import type { ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusSender } from '@azure/service-bus';
import { now, sleepUntil } from '../identity/clock.ts';
import { principalKey } from '../identity/principal.ts';
import { QUEUE_NAME } from '../messaging/change-queue.ts';
import { lookObligation, messageBody, type Obligation, obligationSubject } from '../messaging/message.ts';
import { askedChange } from './asked-change.ts';
import type { OperationsContext } from './context.ts';
import { type DeadLetter, type DeadLetterFilter, isMeant, toDeadLetter } from './dead-letters.ts';
import { peekAll, type ServiceBusSettings, takeEach, withServiceBus } from './dead-letters-queue.ts';

type ReplayContext = Pick<OperationsContext, 'state' | 'queue'>;

/** What a replay, or a discard, came to. */
export interface DeadLettersDone {
  readonly done: number;
  /** Numbers of those that somebody else took, or is taking, in hand. */
  readonly missed: readonly string[];
}

/**
 * Sends the dead letters that the filter means again, and takes them out of the dead-letter queue. Only those that lie
 * there when it begins: what fails again is a new one.
 *
 * A replay asks for the same look as the dead letter did, from now on: it has a nonce, so that it is folded into nothing
 * that was sent before, starts with a full set of tries, and keeps the correlation id. It is sent before its dead letter
 * is completed: whoever dies between the two leaves a dead letter that can be replayed once more, and two looks at one
 * principal write nothing twice.
 *
 * @param o.perSecond most replays a second: each becomes a look, and whoever fails for a reason that is still there
 * comes back as quickly
 * @throws what kept a replay from being sent; the dead letters from there on are where they were
 */
export function replayDeadLetters(
  context: ReplayContext,
  settings: ServiceBusSettings,
  filter: DeadLetterFilter,
  o: { perSecond: number; signal?: AbortSignal | undefined; onReplayed?: (letter: DeadLetter) => void },
): Promise<DeadLettersDone> {
  return withServiceBus(settings, async client => {
    const wanted = (await peekAll(client)).filter(message => isMeant(toDeadLetter(message), filter));
    const sender = client.createSender(QUEUE_NAME);
    let turnAt = now();
    return takeEach(client, wanted, {
      turn: async () => {
        const at = Math.max(turnAt, now());
        turnAt = at + 1_000 / o.perSecond;
        await sleepUntil(at, o.signal);
        o.signal?.throwIfAborted();
      },
      work: async message => {
        await replay(context, sender, message);
        o.onReplayed?.(toDeadLetter(message));
      },
    });
  });
}

async function replay(
  { state, queue }: ReplayContext,
  sender: ServiceBusSender,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const obligation = messageBody.safeParse(message.body).data?.obligation;
  if (obligation === undefined) {
    await sender.sendMessages(asItIs(message));
    return;
  }
  const chain = `${subjectOf(obligation)}|r|${randomUUID()}`;
  if (obligation.type === 'pump') {
    await queue.sendCopy(obligation, { chain, attempt: 0, hops: 0 });
    return;
  }
  // Before it is sent: afterwards the row may be that of the replay, and clearing it would lose a failure. Without it,
  // whatever fails now is news, and the interval of the cycle's tries begins anew.
  await state.targets.forgetFailure(obligation.target, principalKey(obligation.principal));
  const again = lookObligation({ ...askedChange(obligation), cause: 'replay' });
  await queue.sendCopy(again, { chain, attempt: 0, hops: 0 });
}

function subjectOf(obligation: Obligation): string {
  const about = obligation.type === 'look' ? principalKey(obligation.principal) : 'pump';
  return obligationSubject(obligation.target, about);
}

/** Not understood by this version: a later one may understand it. */
function asItIs({ body, contentType, applicationProperties }: ServiceBusReceivedMessage): ServiceBusMessage {
  const {
    DeadLetterReason: _reason,
    DeadLetterErrorDescription: _description,
    ...properties
  } = applicationProperties ?? {};
  const messageId = `replay|${randomUUID()}`;
  return {
    body,
    contentType,
    messageId,
    applicationProperties: { ...properties, chain: messageId, attempt: 0, hops: 0 },
  };
}
