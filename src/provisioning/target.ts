import type { LimitLevel } from '../databricks/limits.ts';
import type { ResourceLimits } from '../planning/resource-limits.ts';
import type { ScimClient } from '../scim/client.ts';
import type { RequestClass } from '../scim/types.ts';
import type { Policy } from './policy.ts';

/** One SCIM endpoint that is kept equal to the source. */
export interface Target {
  /** Names the target in messages, rows and logs. Derived from the account, so that a new host name keeps the links. */
  readonly id: string;
  readonly level: LimitLevel;
  readonly scim: ScimClient;
  /** Who goes there, as what, and what happens when they leave. */
  readonly policy: Policy;
  /** Requests per second that the owner may send; audits and plans have a budget of their own. */
  readonly ownerRates: Readonly<Record<RequestClass, number>>;
  readonly readerRates: Readonly<Record<RequestClass, number>>;
  /** What it can hold, where that is not what Databricks publishes. */
  readonly resourceLimits?: ResourceLimits | undefined;
}
