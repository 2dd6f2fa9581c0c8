import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { TypedData } from './core-types.ts';

/**
 * What a Service Bus trigger hands to the worker, with the traps of the real path.
 *
 * Sources: ServiceBusTriggerBindingStrategy of the Service Bus extension 5.x (names and values),
 * GrpcMessageConversionExtensions (how they travel) and ApplyBindingData (what a body adds) of azure-functions-host.
 * The worker's half, parsing strings as JSON and lower-casing first letters, is done by the unmodified library.
 */
export interface ServiceBusInput {
  data: TypedData;
  triggerMetadata: Record<string, TypedData>;
}

/** @param binary whether the binding has `dataType: 'binary'`: then the body arrives as bytes and adds nothing. */
export function toServiceBusInput(message: ServiceBusReceivedMessage, binary: boolean): ServiceBusInput {
  const metadata = new CaseInsensitiveMap();
  for (const [name, value] of Object.entries(bindingData(message))) metadata.set(name, value);
  const data = binary
    ? { bytes: bodyBytes(message.body) }
    : { string: bodyBytes(message.body).toString('utf8') };
  if (data.string !== undefined)
    for (const [name, value] of bodyProperties(data.string)) metadata.set(name, value);
  return { data, triggerMetadata: metadata.toRpc() };
}

function bindingData(message: ServiceBusReceivedMessage): Record<string, unknown> {
  const enqueued = message.enqueuedTimeUtc ?? new Date(0);
  const expires = message.expiresAtUtc ?? new Date(8.64e15);
  return {
    Client: { FullyQualifiedNamespace: 'localhost', IsClosed: false, TransportType: 0 },
    MessageReceiver: {},
    MessageActions: {},
    ReceiveActions: {},
    // The SDK for JavaScript counts earlier deliveries, the one for .NET counts this one too.
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    // A DateTime without a kind: serialized without a zone, so that JavaScript reads it as local time.
    ExpiresAtUtc: withoutZone(expires),
    ExpiresAt: withOffset(expires),
    EnqueuedTimeUtc: withoutZone(enqueued),
    EnqueuedTime: withOffset(enqueued),
    MessageId: message.messageId,
    ContentType: message.contentType,
    ReplyTo: message.replyTo,
    SequenceNumber: message.sequenceNumber,
    To: message.to,
    Subject: message.subject,
    Label: message.subject,
    CorrelationId: message.correlationId,
    SessionId: message.sessionId,
    ReplyToSessionId: message.replyToSessionId,
    PartitionKey: message.partitionKey,
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
  };
}

/** The top-level properties of a body that is a JSON object: all but arrays and nulls, scalars as text. */
function bodyProperties(body: string): [string, unknown][] {
  const text = body.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return [];
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return [];
  }
  return Object.entries(parsed)
    .filter(([, value]) => value !== null && !Array.isArray(value))
    .map(([name, value]) => [name, typeof value === 'object' ? value : dotNetText(value)]);
}

/** Numbers and booleans as .NET writes them; the worker parses "1", and does not parse "True". */
function dotNetText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** .NET's binding data ignores case: a later name replaces an earlier one, which keeps its spelling. */
class CaseInsensitiveMap {
  readonly #entries = new Map<string, [name: string, value: unknown]>();

  set(name: string, value: unknown): void {
    const key = name.toLowerCase();
    this.#entries.set(key, [this.#entries.get(key)?.[0] ?? name, value]);
  }

  toRpc(): Record<string, TypedData> {
    const rpc: Record<string, TypedData> = {};
    for (const [name, value] of this.#entries.values()) {
      if (value === undefined || value === null) continue;
      rpc[name] = typeof value === 'string' ? { string: value } : { json: toJson(value) };
    }
    return rpc;
  }
}

function toJson(value: unknown): string {
  // Sequence numbers are 64-bit integers, written out in full.
  if (typeof value === 'bigint' || isLong(value)) return value.toString();
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return Number(inner);
    return isLong(inner) ? Number(inner.toString()) : inner;
  });
}

function isLong(value: unknown): value is { toString(): string } {
  return (
    typeof value === 'object' && value !== null && 'low' in value && 'high' in value && 'unsigned' in value
  );
}

/** The body as the bytes of its data section; a value section is text, or its JSON. */
function bodyBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (Array.isArray(body) && body.every(part => Buffer.isBuffer(part))) return Buffer.concat(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body === undefined || body === null) return Buffer.alloc(0);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function withoutZone(date: Date): string {
  return date.toISOString().replace('Z', '');
}

function withOffset(date: Date): string {
  return date.toISOString().replace('Z', '+00:00');
}
