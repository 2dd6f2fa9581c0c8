import type { ScimClient } from '../scim/client.ts';
import type { RequestClass } from '../scim/types.ts';

/** One SCIM endpoint that is kept equal to the source. */
export interface Target {
  /** Names the target in messages, rows and logs. Derived from the account, so that a new host name keeps the links. */
  readonly id: string;
  readonly scim: ScimClient;
  /** Requests per second that the owner may send; audits and plans have a budget of their own. */
  readonly ownerRates: Readonly<Record<RequestClass, number>>;
  readonly readerRates: Readonly<Record<RequestClass, number>>;
}
