import {
  dayOf,
  daysIn,
  fieldsOf,
  type Ticks,
  ticksOf,
  ticksPerSecond,
  withinRange,
} from '../dotnet/instant.ts';

/** Year, month, week, day, hour, minute, second. */
export type Interval = 'yyyy' | 'm' | 'ww' | 'd' | 'h' | 'n' | 's';

export const intervals: readonly Interval[] = ['yyyy', 'm', 'ww', 'd', 'h', 'n', 's'];

export function isInterval(text: string): text is Interval {
  return (intervals as readonly string[]).includes(text);
}

const seconds = { ww: 604_800, d: 86_400, h: 3600, n: 60, s: 1 } as const;

/**
 * The instant so many intervals later. From the end of a month, years and months lead to the end of a shorter month.
 * Undefined outside of the years 1 to 9999.
 */
export function addInterval(interval: Interval, count: number, ticks: Ticks): Ticks | undefined {
  if (!Number.isSafeInteger(count)) return undefined;
  if (interval !== 'yyyy' && interval !== 'm') {
    return withinRange(ticks + BigInt(count) * BigInt(seconds[interval]) * ticksPerSecond);
  }
  const fields = fieldsOf(ticks);
  const months = fields.year * 12 + fields.month - 1 + (interval === 'yyyy' ? count * 12 : count);
  const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  if (year < 1 || year > 9999) return undefined;
  return ticksOf({ ...fields, year, month, day: Math.min(fields.day, daysIn(year, month)) });
}

/**
 * How many borders between intervals lie between two instants, as Visual Basic counts: from 23:59 to 0:01 it is one
 * day. Weeks start on Sunday. Negative if the second one is earlier.
 *
 * Guess for parts of days, hours and minutes: Entra's documented results fit this and whole elapsed units alike.
 */
export function boundariesBetween(interval: Interval, from: Ticks, to: Ticks): bigint {
  return indexOf(interval, to) - indexOf(interval, from);
}

/** The number of the interval that the instant is in. */
function indexOf(interval: Interval, ticks: Ticks): bigint {
  const { year, month } = fieldsOf(ticks);
  switch (interval) {
    case 'yyyy':
      return BigInt(year);
    case 'm':
      return BigInt(year * 12 + month);
    case 'ww':
      // 1970-01-01 was a Thursday.
      return BigInt(Math.floor((dayOf(ticks) + 4) / 7));
    case 'd':
      return BigInt(dayOf(ticks));
    default:
      return floorDivided(ticks, BigInt(seconds[interval]) * ticksPerSecond);
  }
}

function floorDivided(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
