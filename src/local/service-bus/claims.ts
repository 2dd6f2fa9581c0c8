import { createHmac, timingSafeEqual } from 'node:crypto';
import { unauthorized } from './broker-error.ts';

export interface SharedAccessKey {
  name: string;
  key: string;
}

/**
 * Checks a shared access signature token.
 *
 * Its expiry is not looked at: the clocks of the processes of one test may be hours apart.
 *
 * @returns the audience that the token is for.
 * @throws BrokerError when the token is malformed or was not signed with the key.
 */
export function checkToken(token: unknown, { name, key }: SharedAccessKey): string {
  const fields = new URLSearchParams(String(token).replace(/^SharedAccessSignature /, ''));
  const [audience, signature, expiry] = ['sr', 'sig', 'se'].map(field => fields.get(field));
  if (!audience || !signature || !expiry || fields.get('skn') !== name)
    throw unauthorized('InvalidSignature: The token has an invalid signature, or none.');
  const expected = createHmac('sha256', key)
    .update(`${encodeURIComponent(audience)}\n${expiry}`)
    .digest();
  const actual = Buffer.from(signature, 'base64');
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual))
    throw unauthorized('InvalidSignature: The token has an invalid signature.');
  return audience;
}

/** The path of an entity in an audience such as `sb://host/orders/$management`. */
export function pathOfAudience(audience: string): string {
  return audience.replace(/^[a-z]+:\/\/[^/]*\/?/i, '').replace(/\/$/, '');
}

/** The paths that a connection may use. */
export class Claims {
  readonly #paths = new Set<string>();

  add(path: string): void {
    this.#paths.add(path.toLowerCase());
  }

  /** @throws BrokerError when no token for `address`, or for something above it, was put on the connection. */
  check(address: string): void {
    const path = address.toLowerCase();
    for (const granted of this.#paths) {
      if (granted === '' || path === granted || path.startsWith(`${granted}/`)) return;
    }
    throw unauthorized(`Unauthorized access. A claim is required to access '${address}'.`);
  }
}
