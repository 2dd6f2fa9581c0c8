import { randomUUID } from 'node:crypto';

/** A lock token as text, the way the client library shows it. */
export type LockToken = string;

export function newLockToken(): LockToken {
  return randomUUID();
}

/** The token as the 16 bytes of an AMQP uuid: what the management node reads and writes. */
export function toUuid(token: LockToken): Buffer {
  return Buffer.from(token.replaceAll('-', ''), 'hex');
}

export function fromUuid(bytes: Buffer): LockToken {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The token as a delivery tag: a .NET Guid, whose first three groups are little-endian. */
export function toDeliveryTag(token: LockToken): Buffer {
  return swapGuidGroups(toUuid(token));
}

export function fromDeliveryTag(tag: Buffer): LockToken {
  return fromUuid(swapGuidGroups(Buffer.from(tag)));
}

function swapGuidGroups(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
