import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../../../src/local/start/options.ts';

test('without options it runs until it is stopped', () => {
  expect(readOptions([])).toEqual({
    action: { kind: 'run', once: false, json: false },
    settingsFile: 'local.settings.json',
    noLimits: false,
  });
});

test('every option has its effect', () => {
  expect(readOptions(['--once', '--json', '--no-limits', '--settings', 'other.json'])).toEqual({
    action: { kind: 'run', once: true, json: true },
    settingsFile: 'other.json',
    noLimits: true,
  });
  expect(readOptions(['--once', '--help']).action).toEqual({ kind: 'help' });
});

test.each([
  [['--onec'], "Unknown option '--onec'"],
  [['once'], "Unexpected argument 'once'"],
  [['--settings'], "'--settings <value>' argument missing"],
  [['--json'], '--json needs --once'],
])('%s is refused, with a way to the help', (args, message) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(message);
  expect(() => readOptions(args)).toThrow('npm start -- --help');
});
