import { DANGERS } from './danger.ts';
import { FAULTS } from './faults.ts';
import type { Report } from './live.ts';

/** A fault that struck less often than this was hardly tried. */
const FEWEST_STRIKES = 50;
const FEWEST_DANGERS = 20;

interface Count {
  readonly kind: 'fault' | 'danger';
  readonly name: string;
  readonly times: number;
  /** Histories in which it happened at all. */
  readonly histories: number;
}

/** How often everything happened, what never happened included. */
export function countsOf(reports: readonly Report[]): Count[] {
  const count = (kind: Count['kind'], name: string, of: (report: Report) => number | undefined): Count => {
    const each = reports.map(report => of(report) ?? 0);
    return {
      kind,
      name,
      times: each.reduce((sum, one) => sum + one, 0),
      histories: each.filter(one => one > 0).length,
    };
  };
  return [
    ...FAULTS.map(name => count('fault', name, ({ faults }) => faults[name])),
    ...DANGERS.map(name => count('danger', name, ({ dangers }) => dangers[name])),
  ];
}

export function tableOf(counts: readonly Count[]): string {
  const rows = counts.map(({ kind, name, times, histories }) =>
    [kind.padEnd(7), name.padEnd(30), String(times).padStart(7), String(histories).padStart(10)].join(' '),
  );
  return [['what'.padEnd(7), ''.padEnd(30), '  times', ' histories'].join(' '), ...rows].join('\n');
}

/** What happened too rarely to say anything about it, in words. */
export function tooRare(counts: readonly Count[]): string[] {
  return counts.flatMap(({ kind, name, times }) => {
    const least = kind === 'fault' ? FEWEST_STRIKES : FEWEST_DANGERS;
    return times < least ? [`${name} happened ${times} times, and not ${least}`] : [];
  });
}

/** How the chains of all messages ended, in one line. */
export function endsOf(reports: readonly Report[]): string {
  const sums = new Map<string, number>();
  for (const { ends } of reports)
    for (const [end, times] of Object.entries(ends)) sums.set(end, (sums.get(end) ?? 0) + times);
  return `chains ended: ${[...sums].map(([end, times]) => `${end} ${times}`).join(', ')}`;
}
