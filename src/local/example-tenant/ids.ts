import { createHash } from 'node:crypto';

/** A GUID that is the same in every run and on every machine, and looks as random as a real one. */
export function fixedId(subject: string): string {
  const hex = createHash('sha256').update(`example tenant|${subject}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/**
 * A generator of numbers from 0 up to 1 that gives the same ones for the same seed (a linear congruential generator
 * modulo 2^32 with the constants of Numerical Recipes; its high bits are good enough to deal out people).
 */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
