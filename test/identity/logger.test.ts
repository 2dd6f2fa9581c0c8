import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeError, formatLog } from '../../src/identity/logger.ts';

describe('formatLog', () => {
  test.each<[string, Parameters<typeof formatLog>[1], string]>([
    ['nothing', undefined, 'done'],
    ['plain values', { target: 'account-1', count: 3, ok: true }, 'done target=account-1 count=3 ok=true'],
    ['what is not known', { target: undefined, count: 0 }, 'done count=0'],
    ['blanks', { error: 'Error: it broke' }, 'done error="Error: it broke"'],
    ['quotes and equal signs', { a: 'say "x"', b: 'c=d' }, 'done a="say \\"x\\"" b="c=d"'],
    ['line breaks', { a: 'one\nfake target=x' }, 'done a="one\\nfake target=x"'],
    ['an empty text', { a: '' }, 'done a=""'],
    ['escape sequences', { a: '\u001b[31mred' }, 'done a="\\u001b[31mred"'],
  ])('writes %s', (_, fields, line) => {
    expect(formatLog('done', fields)).toBe(line);
  });

  test('is one line, whatever a value holds, and the value can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const line = formatLog('event', { value: text });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        const written = line.slice('event value='.length);
        expect(written.startsWith('"') ? JSON.parse(written) : written).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('describeError', () => {
  test('gives name and message, and nothing that hangs on the error', () => {
    const error = Object.assign(new TypeError('no such thing'), {
      request: { token: 'secret' },
      cause: new Error('secret'),
    });
    expect(describeError(error)).toBe('TypeError: no such thing');
    expect(describeError('text')).toBe('text');
    expect(describeError(undefined)).toBe('undefined');
  });
});
