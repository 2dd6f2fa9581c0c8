import { randomUUID } from 'node:crypto';
import { defaultConfig } from '../../src/config/provisioning-config.ts';
import { compilePolicy } from '../../src/provisioning/compile-policy.ts';
import type { Policy } from '../../src/provisioning/policy.ts';
import type { Target } from '../../src/provisioning/target.ts';
import { TargetHealth } from '../../src/provisioning/target-health.ts';

/** Requests per second that no test waits for. */
export const FAST = { get: 1_000, list: 1_000, write: 1_000, patch: 1_000 };

/** Of a target that nobody gives up on. */
export function anyHealth(): TargetHealth {
  return new TargetHealth({ percent: 100, minimum: Number.MAX_SAFE_INTEGER, windowMs: 60_000 });
}

/** Every default of the configuration. */
export function defaultPolicy(): Policy {
  const config = defaultConfig({
    tenantId: randomUUID(),
    applicationObjectId: randomUUID(),
    accountId: randomUUID(),
  });
  return compilePolicy(config, config.targets[0]);
}

/** An account without limits that matter. */
export function targetOf(parts: Pick<Target, 'id' | 'scim'> & Partial<Target>): Target {
  return { level: 'account', policy: defaultPolicy(), ownerRates: FAST, readerRates: FAST, ...parts };
}
