import type { FaultRule } from '../../src/local/databricks/types.ts';
import type { Arm, Armed, Chaos } from './chaos.ts';

/** No request hangs longer than this before it fails, or is applied (milliseconds). */
export const TARGET_HANGS_MS = 42_000;

/** A rule, which strikes until it is used up. */
function ruled({ world }: Chaos, rule: FaultRule): Armed {
  const { databricks } = world.cloud;
  const { times } = rule;
  databricks.faults.push(rule);
  return {
    struck: () => times - rule.times,
    end: () => {
      databricks.faults = databricks.faults.filter(other => other !== rule);
    },
  };
}

const writes = ['PATCH', 'PATCH', 'POST'] as const;

function methodOf(draw: number): string {
  return writes[draw % writes.length] ?? 'PATCH';
}

export const targetFaults = {
  'SCIM 429': (chaos, draw) =>
    ruled(chaos, {
      status: 429,
      times: 1 + (draw % 4),
      headers: draw % 3 === 0 ? {} : { 'retry-after': String(1 + (draw % 20)) },
    }),
  'SCIM 500': (chaos, draw) => ruled(chaos, { status: 500, times: 1 + (draw % 3) }),
  'SCIM 503': (chaos, draw) =>
    ruled(chaos, {
      status: 503,
      times: 1 + (draw % 4),
      headers: draw % 2 === 0 ? {} : { 'retry-after': '7' },
    }),
  // What never answers is answered for by the gateway before it.
  'SCIM timeout': (chaos, draw) =>
    ruled(chaos, {
      status: 504,
      times: 1 + (draw % 2),
      hangMs: 2_000 + (draw % 40) * 1_000,
      unattended: true,
      applied: draw % 3 === 0,
      ...(draw % 4 > 0 && { method: methodOf(draw) }),
    }),
  'SCIM reset': (chaos, draw) =>
    ruled(chaos, { reset: true, times: 1 + (draw % 3), applied: draw % 2 === 0 }),
  'SCIM applied but failed': (chaos, draw) =>
    ruled(chaos, {
      status: [500, 502, 503, 504][draw % 4] ?? 500,
      applied: true,
      method: methodOf(draw),
      times: 1 + (draw % 3),
    }),
  // Applied when everybody has given up on it.
  'SCIM applied late': (chaos, draw) =>
    ruled(chaos, {
      times: 1,
      method: methodOf(draw),
      hangMs: 3_000 + (draw % 20) * 1_000,
      unattended: true,
    }),
  'SCIM stale read': ({ world }, draw) => {
    const { databricks } = world.cloud;
    const before = databricks.staleReads;
    databricks.readLagMs = 5_000 + (draw % 56) * 1_000;
    return {
      until: Date.now() + 120_000,
      struck: () => databricks.staleReads - before,
      end: () => {
        databricks.readLagMs = 0;
      },
    };
  },
  // Of one resource; the next request is right.
  'SCIM false 404': (chaos, draw) =>
    ruled(chaos, {
      path: /^\/(Users|Groups|ServicePrincipals)\/\d/,
      method: draw % 2 === 0 ? 'GET' : 'PATCH',
      status: 404,
      times: 1,
      ...(draw % 3 === 0 && { body: '<html>Not Found</html>', contentType: 'text/html' }),
    }),
  'SCIM truncated list': ({ world }, draw) => {
    const { databricks } = world.cloud;
    const before = databricks.shortened;
    databricks.shortLists = { times: 1 + (draw % 3), leaveOut: draw % 2 === 0 ? 1 + (draw % 5) : 100 };
    return {
      until: Date.now() + 90_000,
      struck: () => databricks.shortened - before,
      end: () => {
        databricks.shortLists = { times: 0, leaveOut: 0 };
      },
    };
  },
} as const satisfies Readonly<Record<string, Arm>>;
