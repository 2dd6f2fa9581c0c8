/** A refusal, as the client sees it: an AMQP error condition, and a status code where the management node answers. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly condition: string;
  readonly statusCode: number;

  constructor(condition: string, statusCode: number, description: string) {
    super(description);
    this.condition = condition;
    this.statusCode = statusCode;
  }
}

export function lockLost(): BrokerError {
  return new BrokerError(
    'com.microsoft:message-lock-lost',
    410,
    'The lock supplied is invalid: it has expired, or the message has been removed from the queue.',
  );
}

export function messageNotFound(sequenceNumber: number): BrokerError {
  return new BrokerError(
    'com.microsoft:message-not-found',
    404,
    `There is no such message with sequence number ${sequenceNumber}.`,
  );
}

/** The wording matters: `@azure/core-amqp` recognises a missing entity by it. */
export function entityNotFound(address: string): BrokerError {
  return new BrokerError('amqp:not-found', 404, `The messaging entity '${address}' could not be found.`);
}

export function notAllowed(description: string): BrokerError {
  return new BrokerError('amqp:not-allowed', 400, description);
}

export function unauthorized(description: string): BrokerError {
  return new BrokerError('amqp:unauthorized-access', 401, description);
}

export function badArgument(description: string): BrokerError {
  return new BrokerError('com.microsoft:argument-error', 400, description);
}

export function tooLarge(bytes: number, limit: number): BrokerError {
  return new BrokerError(
    'amqp:link:message-size-exceeded',
    403,
    `The received message (size: ${bytes} bytes) exceeds the limit of ${limit} bytes of this link.`,
  );
}

/** Anything thrown, as a refusal: a fault of our own is an internal error, which clients retry. */
export function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const description = error instanceof Error ? error.message : String(error);
  return new BrokerError('amqp:internal-error', 500, description);
}
