import { withinTime } from '../identity/within-time.ts';
import type { ScimAuthorization, Signature } from './authorization.ts';
import { ScimCredentialError, ScimError } from './errors.ts';
import type { Call, Transport } from './transport.ts';
import type { Pace, RequestClass } from './types.ts';

/**
 * Sends a request once, and again only while the answer is 401 and there is another signature to try: a 401 was surely
 * not applied, whatever the method.
 */
export class SignedRequests {
  readonly #transport: Transport;
  readonly #authorization: ScimAuthorization;

  constructor(transport: Transport, authorization: ScimAuthorization) {
    this.#transport = transport;
    this.#authorization = authorization;
  }

  /**
   * The body of a 2xx answer. Every try is paced, and only once it is signed, so that a request which cannot be sent
   * takes nothing from the target's limits, and a wait for a token nothing from the time that the write has.
   *
   * @throws what {@link Transport.send} throws; ScimCredentialError when there is no signature in time.
   */
  async send(call: Call, requestClass: RequestClass, pace: Pace | undefined): Promise<string> {
    const refused: Signature[] = [];
    let unauthorized: ScimError | undefined;
    for (;;) {
      const signature = await this.#sign(call, refused);
      if (signature === undefined) {
        throw unauthorized ?? new ScimCredentialError({ refused: true, reason: 'none is configured' });
      }
      const settle = await pace?.(requestClass);
      try {
        const body = await this.#transport.send(call, signature.headers);
        settle?.();
        return body;
      } catch (error) {
        settle?.(error);
        if (!(error instanceof ScimError)) throw error;
        if (error.status === 403) error.signedBy = signature.by;
        if (error.status !== 401) throw error;
        refused.push(signature);
        unauthorized = error;
        unauthorized.signedBy = refused.map(({ by }) => by).join(' and ');
      }
    }
  }

  #sign(call: Call, refused: readonly Signature[]): Promise<Signature | undefined> {
    return withinTime(
      call.timeoutMs,
      () => this.#authorization.sign(refused),
      () => new ScimCredentialError({ reason: `none within ${call.timeoutMs} ms` }),
      call.signal,
    );
  }
}
