import type { FailRule, FeltFaults, GraphFaults } from '../../src/local/directory/faults.ts';
import type { Arm, Armed, Chaos } from './chaos.ts';

/** No read of the source shows anything older than this (milliseconds). */
export const SOURCE_LAGS_MS = 60_000;

/** Everything but the handshake of subscriptions, which would not be tried again for half an hour. */
const ANY = /^(?!.*\/subscriptions)/;
/**
 * One sort of list at a time. Absence takes two reads that agree (safety rule 5): where everything is cut short at once,
 * both of them lie, and nobody could tell that from the truth. Member lists twice as often: each of them is of one group.
 */
const LISTS: readonly RegExp[] = [
  /[mM]embers/,
  /[mM]embers/,
  /appRoleAssignedTo/,
  /\/appRoleAssignments/,
  /[mM]emberOf/,
];
const DELTAS = /\/delta/;
const ONE_OBJECT = /\/(users|groups|servicePrincipals)\/[0-9a-f-]{36}/;

function ruled({ world }: Chaos, rule: FailRule): Armed {
  const { faults } = world.cloud.directory;
  const { times } = rule;
  faults.fail.push(rule);
  return {
    struck: () => times - rule.times,
    end: () => {
      faults.fail = faults.fail.filter(other => other !== rule);
    },
  };
}

/** Lasts for a while, and is counted where it is felt. */
function lasting(
  { world }: Chaos,
  ms: number,
  felt: keyof FeltFaults,
  set: (faults: GraphFaults) => () => void,
): Armed {
  const { faults } = world.cloud.directory;
  const before = faults.felt[felt];
  return { until: Date.now() + ms, struck: () => faults.felt[felt] - before, end: set(faults) };
}

function whileOf(draw: number): number {
  return 10_000 + (draw % 7) * 10_000;
}

export const directoryFaults = {
  'Graph 429': ({ world }, draw) => {
    const { faults } = world.cloud.directory;
    const times = 1 + (draw % 4);
    const rule = { path: ANY, times, retryAfterSeconds: draw % 12 };
    faults.throttle.push(rule);
    return {
      struck: () => times - rule.times,
      end: () => {
        faults.throttle = faults.throttle.filter(other => other !== rule);
      },
    };
  },
  'Graph 500': (chaos, draw) => ruled(chaos, { path: ANY, status: 500, times: 1 + (draw % 5) }),
  'Graph 503': (chaos, draw) =>
    ruled(chaos, {
      path: ANY,
      status: 503,
      times: 1 + (draw % 5),
      ...(draw % 2 === 0 && { retryAfterSeconds: 1 + (draw % 15) }),
    }),
  'Graph timeout': (chaos, draw) =>
    ruled(chaos, { path: ANY, status: 504, times: 1 + (draw % 2), hangMs: 2_000 + (draw % 18) * 1_000 }),
  'Graph reset': (chaos, draw) => ruled(chaos, { path: ANY, status: 0, times: 1 + (draw % 4) }),
  'Graph stale read': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'stale', faults => {
      faults.readLagMs = draw % 2 === 0 ? 0 : 3_000 + (draw % 28) * 1_000;
      faults.lagJitter = SOURCE_LAGS_MS - 31_000;
      return () => {
        faults.readLagMs = 0;
        faults.lagJitter = 0;
      };
    }),
  'Graph false 404': (chaos, draw) =>
    ruled(chaos, {
      path: ONE_OBJECT,
      status: 404,
      code: 'Request_ResourceNotFound',
      times: 1 + (draw % 3),
    }),
  'Graph truncated list': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'truncated', faults => {
      const lists = chaos.isForgetful ? [...LISTS, DELTAS] : LISTS;
      faults.truncateLists = lists[draw % lists.length] ?? DELTAS;
      return () => {
        faults.truncateLists = false;
      };
    }),
  'Graph delta token expired': ({ world, isForgetful }) => {
    if (!isForgetful) return undefined;
    world.cloud.directory.faults.expireDeltaTokens();
    return { struck: () => 1, end: () => undefined };
  },
  'notification lost': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'dropped', faults => {
      faults.notifications.drop = true;
      return () => {
        faults.notifications.drop = false;
      };
    }),
  'notification duplicated': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'duplicated', faults => {
      faults.notifications.duplicate = 1 + (draw % 2);
      return () => {
        faults.notifications.duplicate = 0;
      };
    }),
  'notification delayed': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'held', faults => {
      faults.notifications.hold = true;
      return () => {
        faults.notifications.hold = false;
        faults.releaseHeld();
      };
    }),
  'notification reordered': (chaos, draw) =>
    lasting(chaos, whileOf(draw), 'reordered', faults => {
      faults.notifications.reorder = true;
      return () => {
        faults.notifications.reorder = false;
      };
    }),
} as const satisfies Readonly<Record<string, Arm>>;
