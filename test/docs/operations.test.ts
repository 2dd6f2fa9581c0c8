import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/all.ts';
import { EXIT } from '../../src/cli/help.ts';
import { RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import { formatLog } from '../../src/identity/logger.ts';
import {
  auditRetryWaitMs,
  failureRetryWaitMs,
  LEAST_TRYING_MS,
  MAX_TRIES,
  nextStep,
  probeWaitMs,
  retryWaitMs,
  type Trouble,
} from '../../src/planning/retry-schedule.ts';
import type { Outcome } from '../../src/provisioning/outcome.ts';
import { queryProblems } from '../infra/checks/alerts.ts';
import { code, readPage } from './page.ts';

const { text: page, rows } = readPage('docs/operations.md');

/** Every kind of trouble, in the order of the page. */
const troubles = Object.values({
  throttled: { kind: 'throttled' },
  interrupted: { kind: 'interrupted' },
  passing: { kind: 'passing' },
  unforeseen: { kind: 'unforeseen' },
  permanent: { kind: 'permanent', code: 'CODE' },
  unavailable: { kind: 'unavailable' },
  'source-closed': { kind: 'source-closed' },
  closed: { kind: 'closed' },
  'no-room': { kind: 'no-room', rowClass: 'grant' },
  'not-owner': { kind: 'not-owner' },
} as const satisfies { [kind in Trouble['kind']]: Trouble & { kind: kind } });

describe('the retry schedule on the page', () => {
  test.each(troubles.map(trouble => [trouble.kind, trouble] as const))(
    'says what follows %s',
    (kind, trouble) => {
      const row = rows('What follows a failure').find(([cell]) => code(cell) === kind);
      expect(row?.slice(2)).toEqual([requestCell(trouble), messageCell(trouble), rowCell(trouble)]);
    },
  );

  test('has every kind once', () => {
    expect(rows('What follows a failure').map(([cell]) => code(cell))).toEqual(
      troubles.map(({ kind }) => kind),
    );
  });

  test('gives the waits', () => {
    const longest = Array.from({ length: MAX_TRIES - 1 }, (_, index) => retryWaitMs(index + 1, 1));
    const steps = longest.slice(0, longest.indexOf(longest.at(-1) ?? 0) + 1).map(duration);
    expect(page).toContain(`at most ${steps.join(', ')}`);
    expect(page).toContain(`${MAX_TRIES} tries and ${LEAST_TRYING_MS / 3_600_000} hours`);
  });

  test('gives the other intervals', () => {
    const until = (wait: (n: number) => number, from: number) => {
      const waits = Array.from({ length: 20 }, (_, index) => wait(index + from));
      return waits
        .slice(0, waits.indexOf(waits.at(-1) ?? 0) + 1)
        .map(duration)
        .join(', ');
    };
    expect(rows('Other intervals').map(([, intervals]) => intervals)).toEqual([
      until(failureRetryWaitMs, 1),
      until(auditRetryWaitMs, 1),
      until(probeWaitMs, 0),
      until(probes => Math.min(probeWaitMs(probes), longestProbeOfTheSource()), 0),
      until(probeWaitMs, 1),
    ]);
  });
});

test('every code that a dead letter can have is explained', () => {
  const listed = rows('Reasons of dead letters').flatMap(([cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
  const limits = Object.keys(RESOURCE_LIMITS).map(
    name => `TargetLimit${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  );
  const known = [
    ...codesInSource(),
    ...limits,
    'InvalidMessage',
    'UnknownTarget',
    'RetriesExhausted',
    'TargetRefused<status>',
    'TargetRefusedMember',
    'MaxDeliveryCountExceeded',
    'TTLExpiredException',
  ];
  expect(new Set(listed)).toEqual(new Set(known));
});

describe('the queries for the logs', () => {
  const queries = [...page.matchAll(/^```kusto\n([\s\S]*?)^```$/gm)].map(([, query = '']) => query);

  test.each(queries)('%# ask for what is logged', query => {
    expect(queryProblems('query', query)).toEqual([]);
    // As in every alert: how a line begins.
    expect(query).toContain(`extract(@'^(?:warning: |error: )?([a-z][a-z-]*)(?: |$)', 1, Message)`);
  });

  test('read the lines as they are', () => {
    const [, , missing = ''] = queries;
    const pick = (field: string, line: string): string | undefined => {
      const pattern = new RegExp(`extend ${field} = extract\\(@'(.*?)', 1, Message\\)`).exec(missing)?.[1];
      return new RegExp(pattern ?? 'no such field').exec(line)?.[1];
    };
    const line = formatLog('retry', { target: 't-1', error: 'RetryLater: "x" \\ = 1', correlationId: 'c' });
    expect(pick('Event', `warning: ${line}`)).toBe('retry');
    expect(pick('Target', line)).toBe('t-1');
    expect(JSON.parse(pick('Error', line) ?? '')).toBe('RetryLater: "x" \\ = 1');
    expect(pick('Result', formatLog('looked', { target: 't', result: 'held' }))).toBe('held');
  });

  test('are explained for every way in which a look ends', () => {
    const results = { applied: 1, unchanged: 1, irrelevant: 1, held: 1, pending: 1 } satisfies Record<
      Outcome['result'],
      1
    >;
    const explained = rows('Searching the logs').map(([line]) => code(line));
    for (const result of Object.keys(results)) expect(explained).toContain(`looked result=${result}`);
    for (const event of ['deferred', 'retry', 'failed']) expect(explained).toContain(event);
  });
});

test('every command and exit code is on the page', () => {
  const listed = rows('Commands').map(([cell, about]) => [code(cell), about]);
  expect(listed).toEqual(commands.map(({ words, usage, about }) => [`${words} ${usage}`.trim(), about]));
  expect(rows('Exit codes').map(([cell]) => Number(code(cell)))).toEqual(Object.values(EXIT));
});

function requestCell(trouble: Trouble): string {
  const tries = (isRepeatable: boolean): number => {
    for (let count = 1; ; count += 1) {
      const { step } = nextStep(trouble, { in: 'request', tries: count, isRepeatable }, 0);
      if (step === 'give-up') return count;
    }
  };
  const [all, create] = [tries(true), tries(false)];
  if (all === create) return all === 1 ? 'one try' : `${all} tries`;
  return `${all} tries; a create: ${create === 1 ? 'one' : create}`;
}

function messageCell(trouble: Trouble): string {
  const next = nextStep(trouble, { in: 'message', retries: 1, heardForMs: 0 }, 1);
  switch (next.step) {
    case 'copy':
      return 'a copy later';
    case 'hand-on':
      return `a copy after ${duration(next.waitMs)}`;
    case 'dead-letter':
      return next.code === 'CODE' ? 'dead letter at once' : next.code;
    case 'row':
      return `a row${trouble.kind === 'no-room' ? '' : ` (${next.rowClass})`}${next.quarantine ? ', and quarantine' : ''}`;
  }
}

function rowCell(trouble: Trouble): string {
  const next = nextStep(trouble, { in: 'row', rowClass: 'revoke' }, 1);
  switch (next.step) {
    case 'copy':
      return next.retries === 0 ? 'a message at once' : 'a message later';
    case 'row':
      return `a row (${next.rowClass} for a revoke)`;
    case 'keep-row':
      return `stays${next.quarantine ? ', and quarantine' : ''}`;
  }
}

function duration(ms: number): string {
  const units = [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const parts: string[] = [];
  let left = ms;
  for (const [size, unit] of units) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.join(' ');
}

/** What keeps the waits between two probes of the source short, in milliseconds. */
function longestProbeOfTheSource(): number {
  const text = readFileSync(new URL('../../src/provisioning/source-quarantine.ts', import.meta.url), 'utf8');
  const [, number = ''] = /^const LONGEST_PROBE_WAIT_MS = ([\d_]+);$/m.exec(text) ?? [];
  return Number(number.replaceAll('_', ''));
}

/** The codes that are written out where a permanent failure is made. */
function codesInSource(): string[] {
  const src = new URL('../../src', import.meta.url).pathname;
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('local/'))
    .flatMap(path => [...readFileSync(join(src, path), 'utf8').matchAll(/new Permanent\(\s*'(\w+)'/g)])
    .map(([, name = '']) => name);
}
