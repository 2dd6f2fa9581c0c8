import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;

const options = {
  help: { ...flag, short: 'h' },
  json: flag,
  settings: text,
  all: flag,
  force: flag,
  target: text,
  kind: text,
  reason: text,
  principal: text,
  'older-than': text,
  'newer-than': text,
  rate: text,
  why: text,
} as const;

/** Options that every command takes. */
export const COMMON = ['help', 'json', 'settings'] as const;

/** @throws {UsageError} */
export function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

export type Values = ReturnType<typeof readArguments>['values'];

/** The options that were typed. */
export function given(values: Values): (keyof Values)[] {
  return (Object.keys(values) as (keyof Values)[]).filter(name => values[name] !== false);
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * The instant that an age (`90s`, `30m`, `2h`, `7d`) or a date (`2026-11-22`, `2026-11-22T06:00:00Z`) stands for, in ms
 * since the epoch; undefined when nothing was typed.
 * @throws {UsageError}
 */
export function instantOf(option: string, typed: string | undefined, at: number): number | undefined {
  if (typed === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(typed) ?? [];
  if (count !== undefined) return at - Number(count) * UNITS[unit as keyof typeof UNITS];
  const instant = /^\d{4}-\d{2}-\d{2}/.test(typed) ? Date.parse(typed) : Number.NaN;
  if (Number.isNaN(instant))
    throw new UsageError(`--${option} takes an age such as 30m, 2h or 7d, or a date`);
  return instant;
}
