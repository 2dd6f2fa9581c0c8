import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/all.ts';
import { HELP } from '../../src/cli/help.ts';
import { instantOf } from '../../src/cli/options.ts';
import { understand } from '../../src/cli/run.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

describe('what is typed', () => {
  test.each([
    [['status'], 'status', []],
    [['plan'], 'plan', []],
    [['plan', 'approve', '--target', 't'], 'plan approve', []],
    [['audit', 'account-1'], 'audit', ['account-1']],
    [['holds'], 'holds', []],
    [['holds', 'list'], 'holds list', []],
    [
      ['holds', 'approve', 'account-1/user:1/large-shrink/gVAhz6mWjQ'],
      'holds approve',
      ['account-1/user:1/large-shrink/gVAhz6mWjQ'],
    ],
    [['dead-letters', '--reason', 'RetriesExhausted'], 'dead-letters', []],
    [['dead-letters', 'replay', '7', '9', '--json'], 'dead-letters replay', ['7', '9']],
    [
      ['--settings', 'other.json', 'dead-letters', 'discard', '--all', '--why', 'x'],
      'dead-letters discard',
      [],
    ],
  ])('%j is understood', (args, words, names) => {
    const { command, ...rest } = understand(args);
    expect(command?.words).toBe(words);
    expect(rest.names).toEqual(names);
  });

  test.each([
    [['statu'], 'no command statu'],
    [['holds', 'aprove', 'x'], 'no command holds aprove'],
    [['status', 'now'], 'takes no further words'],
    [['audit'], 'takes one TARGET'],
    [['audit', 'a', 'b'], 'takes one TARGET'],
    [['holds', 'approve'], 'takes ID…'],
    [['status', '--target', 't'], 'does not take --target'],
    [['dead-letters', 'list', '--all'], 'does not take --all'],
    [['dead-letters', 'replay', '--why', 'x'], 'does not take --why'],
    [['--jsn', 'status'], "Unknown option '--jsn'"],
    [['audit', '--settings'], "'--settings <value>' argument missing"],
  ])('%j is refused', (args, message) => {
    expect(() => understand(args)).toThrow(UsageError);
    expect(() => understand(args)).toThrow(message);
  });

  test('nothing, or a cry for help, gets the help, which has every command and option', () => {
    expect(understand([]).command).toBeUndefined();
    expect(understand(['dead-letters', 'replay', '-h']).command).toBeUndefined();
    for (const { words, usage, about, options } of commands) {
      expect(HELP).toContain(`  ${`${words} ${usage}`.trim()}\n      ${about}`);
      for (const option of options.filter(name => name !== 'target')) expect(HELP).toContain(`--${option}`);
    }
  });
});

test('an age or a date is an instant', () => {
  const at = Date.parse('2026-11-22T06:00:00Z');
  const typed = (text: string) => new Date(instantOf('older-than', text, at) ?? 0).toISOString();
  expect(typed('90s')).toBe('2026-11-22T05:58:30.000Z');
  expect(typed('30m')).toBe('2026-11-22T05:30:00.000Z');
  expect(typed('2h')).toBe('2026-11-22T04:00:00.000Z');
  expect(typed('7d')).toBe('2026-11-15T06:00:00.000Z');
  expect(typed('2026-11-01')).toBe('2026-11-01T00:00:00.000Z');
  expect(typed('2026-11-01T12:00:00Z')).toBe('2026-11-01T12:00:00.000Z');
  expect(instantOf('older-than', undefined, at)).toBeUndefined();
  for (const wrong of ['7', 'yesterday', '3w', '-1h', '2026-13-01', ''])
    expect(() => instantOf('older-than', wrong, at)).toThrow('--older-than takes an age');
});
