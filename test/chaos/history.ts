import fc from 'fast-check';
import type { ModelConfig } from '../model/model-config.ts';
import { type ChangeDraw, randomChange } from '../model/random-changes.ts';
import { randomConfig, randomTenant, type TenantDraw } from '../model/random-tenants.ts';
import { DANGERS, type DangerDraw } from './danger.ts';
import { FAULTS, type Fault } from './faults.ts';

/** What every history is made of, in any order. Hardly anything of it is refused by its tenant. */
const DANGERS_LIVED = 42;
const CHANGES = 26;
const FAULTS_ARMED = 36;
const AUDITS = 2;

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
  { weight: 7, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(500, 2_000, 5_000, 15_000) },
);

const danger: fc.Arbitrary<Step> = fc
  .record({
    danger: fc.record({
      danger: fc.constantFrom(...DANGERS),
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

/** They hardly find anything to strike, unless they are there more often. */
const RARE: readonly Fault[] = [
  'SCIM stale read',
  'SCIM stale read',
  'SCIM stale read',
  'SCIM timeout',
  'SCIM truncated list',
  'Graph delta token expired',
  'Graph delta token expired',
];

const fault: fc.Arbitrary<Step> = fc
  .record({ fault: fc.constantFrom(...FAULTS, ...RARE), draw: fc.nat(999), pause })
  .map(drawn => ({ kind: 'fault', ...drawn }));

const audit: fc.Arbitrary<Step> = pause.map(ms => ({ kind: 'audit', pause: ms }));

const some = (count: number, of: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
  fc.array(of, { minLength: count, maxLength: count, size: 'max' });

const steps = fc
  .tuple(some(DANGERS_LIVED, danger), some(CHANGES, change), some(FAULTS_ARMED, fault), some(AUDITS, audit))
  .map(parts => parts.flat())
  .chain(all => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));

const drawn = fc.record({
  tenant: randomTenant,
  config: randomConfig,
  isLimited: fc.nat(4).map(draw => draw === 0),
  isForgetful: fc.nat(2).map(draw => draw === 0),
  steps,
});

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
