import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The secret that Graph sends back in every notification of one subscription: what it is for, when it was made, and a
 * signature. It proves itself, so that nothing secret is stored and a notification is known for ours without a read.
 */
export interface ClientState {
  readonly resource: string;
  /** The instant at which it was made (ms). A later one follows an earlier one. */
  readonly generation: number;
}

const FORM = /^([a-z]{1,32})\.([0-9a-z]{1,11})\.[\w-]{43}$/;

/** At most 128 characters, as Graph allows ("subscription resource type", clientState). */
export function signClientState(secret: string, { resource, generation }: ClientState): string {
  const text = `${resource}.${generation.toString(36)}`;
  return `${text}.${createHmac('sha256', secret).update(`client state ${text}`).digest('base64url')}`;
}

/**
 * Who signed it, and what for; undefined when none of the secrets did. The secret itself is taken as well, without a
 * generation: earlier releases subscribed with it. Compares with all of them, in constant time.
 */
export function readClientState(
  given: string,
  secrets: readonly string[],
): ClientState | 'unsigned' | undefined {
  const [, resource, made] = FORM.exec(given) ?? [];
  const parsed =
    resource === undefined || made === undefined
      ? undefined
      : { resource, generation: Number.parseInt(made, 36) };
  const signed = secrets.map(
    secret => parsed !== undefined && isSame(given, signClientState(secret, parsed)),
  );
  const plain = secrets.map(secret => isSame(given, secret));
  if (signed.includes(true)) return parsed;
  return plain.includes(true) ? 'unsigned' : undefined;
}

/**
 * Tells one secret from the next, so that a new one is noticed. Sixteen bits: too few to find the secret by, and enough
 * that two of them are alike once in 65,536 rotations.
 */
export function nameOfSecret(secret: string): string {
  return createHmac('sha256', secret).update('name of the secret').digest('hex').slice(0, 4);
}

/** Whatever the lengths: equal digests mean equal texts. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
