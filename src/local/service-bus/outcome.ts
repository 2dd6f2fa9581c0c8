/** Application properties that a settlement adds to the message or replaces. */
export type PropertiesToModify = Record<string, unknown>;

/** What a client does with a message that it has locked. */
export type Outcome =
  | { kind: 'complete' }
  | { kind: 'abandon'; properties?: PropertiesToModify }
  | { kind: 'defer'; properties?: PropertiesToModify }
  | { kind: 'deadletter'; reason?: string; description?: string; properties?: PropertiesToModify };

interface RemoteState {
  undeliverable_here?: boolean;
  message_annotations?: PropertiesToModify;
  error?: { info?: PropertiesToModify };
}

/**
 * The outcome behind an AMQP delivery state.
 *
 * Source: the AMQP protocol guide of Service Bus, and `settleMessage` of `@azure/service-bus`, which carries the
 * properties to modify as annotations of `modified`, or in the info of the error of `rejected`.
 * Guess: `released` counts as an attempt, like abandoning.
 */
export function outcomeOf(
  state: 'accepted' | 'modified' | 'released' | 'rejected',
  remote: RemoteState,
): Outcome {
  switch (state) {
    case 'accepted':
      return { kind: 'complete' };
    case 'released':
      return { kind: 'abandon' };
    case 'modified': {
      const properties = remote.message_annotations ?? {};
      return { kind: remote.undeliverable_here ? 'defer' : 'abandon', properties };
    }
    case 'rejected': {
      const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = remote.error?.info ?? {};
      return deadLetter(DeadLetterReason, DeadLetterErrorDescription, properties);
    }
  }
}

/** The outcome behind a disposition status of the management node; undefined when there is no such status. */
export function outcomeOfStatus(status: unknown, body: Record<string, unknown>): Outcome | undefined {
  const properties = (body['properties-to-modify'] ?? {}) as PropertiesToModify;
  switch (status) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'defered':
      return { kind: 'defer', properties };
    case 'suspended':
      return deadLetter(body['deadletter-reason'], body['deadletter-description'], properties);
    default:
      return undefined;
  }
}

function deadLetter(reason: unknown, description: unknown, properties: PropertiesToModify): Outcome {
  return {
    kind: 'deadletter',
    properties,
    ...(typeof reason === 'string' && { reason }),
    ...(typeof description === 'string' && { description }),
  };
}
