import fc from 'fast-check';
import type { ModelConfig } from '../model/model-config.ts';
import { type ChangeDraw, randomChange } from '../model/random-changes.ts';
import { randomConfig, randomTenant, type TenantDraw } from '../model/random-tenants.ts';
import type { Danger, DangerDraw } from './danger.ts';
import type { Fault } from './faults.ts';

/** With whom it begins, besides the service principals. */
const USERS = 5;
const GROUPS = 4;
const MEMBERS = 4;

/** What every history is made of, in any order. Hardly anything of it is refused by its tenant. */
const DANGERS_LIVED = 33;
const CHANGES = 34;
const FAULTS_ARMED = 20;
const AUDITS = 1;

/** One step: something happens in the tenant, or goes wrong around it, and then some time passes. */
export type Step = { readonly pause: number } & (
  | { readonly kind: 'change'; readonly change: ChangeDraw }
  | { readonly kind: 'danger'; readonly danger: DangerDraw }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly draw: number }
  /** A full comparison while things go wrong. */
  | { readonly kind: 'audit' }
);

/** All that is random about one history; everything else follows from it. */
export interface History {
  readonly seed: number;
  readonly tenant: TenantDraw;
  readonly config: ModelConfig;
  /** The published limits of the target apply; otherwise it takes whatever comes. */
  readonly isLimited: boolean;
  /**
   * Deltas may be cut short, and their tokens expire. Nothing is deleted for good then: the only word of that could get
   * lost, and by a bare 404 nobody is believed to be gone (safety rule 5).
   */
  readonly isForgetful: boolean;
  readonly steps: readonly Step[];
}

/** Most of what happens, happens before anybody has heard of what happened before. */
const pause = fc.oneof(
  { weight: 9, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(500, 2_000, 5_000, 15_000) },
);

/**
 * How often each comes about among the others. Those of little weight concern many at once, or end in holds, about which
 * little can be said afterwards.
 */
const DANGER_WEIGHTS: Readonly<Record<Danger, number>> = {
  hire: 4,
  move: 4,
  leaver: 4,
  rename: 4,
  'name re-use': 1,
  're-creation': 1,
  'name swap': 2,
  'nesting change': 2,
  'mass reassignment': 1,
  'time-bound membership': 4,
};

/** One of them, by their weights. */
function weighted<T extends string>(weights: Partial<Readonly<Record<T, number>>>): fc.Arbitrary<T> {
  const entries = Object.entries(weights) as [T, number][];
  return fc.oneof(...entries.map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })));
}

const danger: fc.Arbitrary<Step> = fc
  .record({
    danger: fc.record({
      danger: weighted(DANGER_WEIGHTS),
      subject: fc.nat(999),
      object: fc.nat(999),
      lasts: fc.constantFrom(1_000, 5_000, 30_000, 90_000),
    }),
    pause,
  })
  .map(drawn => ({ kind: 'danger', ...drawn }));

const change: fc.Arbitrary<Step> = fc
  .record({ change: randomChange, pause })
  .map(drawn => ({ kind: 'change', ...drawn }));

/**
 * How often each is armed among the others, by how often it then strikes: some find hundreds of requests, some hardly
 * one. See `table.ts` for what must come of it.
 */
const FAULT_WEIGHTS: Readonly<Record<Fault, number>> = {
  'SCIM 429': 3,
  'SCIM 500': 3,
  'SCIM 503': 3,
  'SCIM timeout': 6,
  'SCIM reset': 4,
  'SCIM applied but failed': 6,
  'SCIM applied late': 8,
  'SCIM stale read': 4,
  'SCIM false 404': 7,
  'SCIM truncated list': 8,
  'Graph 429': 3,
  'Graph 500': 3,
  'Graph 503': 3,
  'Graph timeout': 3,
  'Graph reset': 4,
  'Graph stale read': 3,
  'Graph false 404': 3,
  'Graph truncated list': 7,
  'Graph delta token expired': 24,
  'notification lost': 2,
  'notification duplicated': 2,
  'notification delayed': 4,
  'notification reordered': 2,
  'send refused': 3,
  'delivery lost': 3,
  'settlement lost': 3,
  'broker clock ahead': 3,
  'broker clock behind': 3,
  'broker unreachable': 5,
  'storage conflict': 4,
  'storage applied but failed': 7,
  'storage busy': 6,
  'storage answer lost': 5,
  'worker killed': 5,
  'lease lost': 6,
};

const faultOf = (weights: Partial<Readonly<Record<Fault, number>>>): fc.Arbitrary<Step> =>
  fc
    .record({ fault: weighted(weights), draw: fc.nat(999), pause })
    .map(drawn => ({ kind: 'fault', ...drawn }));

const audit: fc.Arbitrary<Step> = pause.map(ms => ({ kind: 'audit', pause: ms }));

const some = (count: number, of: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
  fc.array(of, { minLength: count, maxLength: count, size: 'max' });

/**
 * A look at a group reads each of its members, and is followed by one at whatever holds it: what a history costs grows
 * with the square of its tenant. So there are few of each kind at first, and two of three groups within another are
 * left out; the steps add both.
 */
function smaller({ users, groups, servicePrincipals, assigned }: TenantDraw): TenantDraw {
  const few = { users: users.slice(0, USERS), groups: groups.slice(0, GROUPS), servicePrincipals };
  const ids = new Set([...few.users, ...few.groups, ...servicePrincipals].map(({ id }) => id));
  const groupIds = new Set(few.groups.map(({ id }) => id));
  let nested = 0;
  const isKept = (member: string): boolean => {
    if (groupIds.has(member)) nested += 1;
    return ids.has(member) && (!groupIds.has(member) || nested % 3 === 0);
  };
  return {
    ...few,
    groups: few.groups.map(group => ({ ...group, members: group.members?.filter(isKept).slice(0, MEMBERS) })),
    assigned: assigned.filter(id => ids.has(id)),
  };
}

const stepsOf = (isForgetful: boolean): fc.Arbitrary<Step[]> => {
  const { 'Graph delta token expired': expired, ...others } = FAULT_WEIGHTS;
  const fault = faultOf(isForgetful ? { ...others, 'Graph delta token expired': expired } : others);
  return fc
    .tuple(some(DANGERS_LIVED, danger), some(CHANGES, change), some(FAULTS_ARMED, fault), some(AUDITS, audit))
    .map(parts => parts.flat())
    .chain(all => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
};

const drawn = fc
  .nat(2)
  .map(draw => draw === 0)
  .chain(isForgetful =>
    fc.record({
      tenant: randomTenant.map(smaller),
      config: randomConfig,
      isLimited: fc.nat(4).map(draw => draw === 0),
      isForgetful: fc.constant(isForgetful),
      steps: stepsOf(isForgetful),
    }),
  );

/** The history of that number, the same on every machine. */
export function historyOf(seed: number): History {
  const [first] = fc.sample(drawn, { seed, numRuns: 1 });
  if (first === undefined) throw new Error('nothing was drawn');
  return { seed, ...first };
}

/** The steps of these indices, and the time that the others would have taken. */
export function kept(steps: readonly Step[], indices: ReadonlySet<number>): Step[] {
  return steps.filter((_, index) => indices.has(index));
}

/** @param left which steps to leave out: `3,7-12` */
export function withoutSteps(history: History, left: string): History {
  const gone = left.split(',').flatMap(part => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return part === '' ? [] : Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  const indices = new Set(history.steps.map((_, index) => index).filter(index => !gone.includes(index)));
  return { ...history, steps: kept(history.steps, indices) };
}
