/** An instant in .NET's unit of 100 nanoseconds, from 1970-01-01T00:00Z, within the years 1 to 9999. */
export type Ticks = bigint;

/** Wall-clock fields in UTC. Months count from 1; `fraction` is in ticks, 0 to 9,999,999. */
export interface DateFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: number;
}

export const ticksPerSecond = 10_000_000n;
const ticksPerMillisecond = 10_000n;
const first = BigInt(utc(1, 1, 1)) * ticksPerMillisecond;
const afterLast = BigInt(utc(10_000, 1, 1)) * ticksPerMillisecond;

/** The instant, or undefined if .NET's DateTime cannot hold it. */
export function withinRange(ticks: Ticks): Ticks | undefined {
  return ticks >= first && ticks < afterLast ? ticks : undefined;
}

export function fromMilliseconds(milliseconds: number): Ticks {
  return BigInt(Math.floor(milliseconds)) * ticksPerMillisecond;
}

/** The instant of these fields at an offset from UTC, or undefined if there is no such date or time. */
export function ticksOf(fields: DateFields, offsetMinutes = 0): Ticks | undefined {
  const { year, month, day, hour, minute, second, fraction } = fields;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = utc(year, month, day) + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000;
  return withinRange(BigInt(milliseconds) * ticksPerMillisecond + BigInt(fraction));
}

export function fieldsOf(ticks: Ticks): DateFields {
  const fraction = ((ticks % ticksPerSecond) + ticksPerSecond) % ticksPerSecond;
  const date = new Date(Number((ticks - fraction) / ticksPerMillisecond));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    fraction: Number(fraction),
  };
}

/** Days since 1970-01-01, rounded down. */
export function dayOf(ticks: Ticks): number {
  const { year, month, day } = fieldsOf(ticks);
  return utc(year, month, day) / 86_400_000;
}

export function daysIn(year: number, month: number): number {
  return new Date(utc(year, month + 1, 0)).getUTCDate();
}

/** Date.UTC without its reading of the years 0 to 99 as 1900 to 1999. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}
