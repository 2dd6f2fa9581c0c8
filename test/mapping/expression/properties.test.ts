import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SourceValue } from '../../../src/identity/source-values.ts';
import { ExpressionFailure, ExpressionSyntaxError } from '../../../src/mapping/expression/errors.ts';
import { type Expression, parseExpression } from '../../../src/mapping/expression/expression.ts';
import { implementedFunctions } from '../../../src/mapping/expression/functions/all.ts';

function parsed(text: string): Expression | undefined {
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return undefined;
    throw error;
  }
}

const lexeme = fc.constantFrom(
  ...[
    '(',
    ')',
    ',',
    '"',
    '[',
    ']',
    '\\',
    '=',
    '<>',
    '>',
    '&H',
    '-',
    ' ',
    '\n',
    '"a"',
    '[a]',
    '[b]',
    '1',
    '0.5',
  ],
  ...[
    '"(?<g>a*)"',
    '"g"',
    '"yyyy-MM-dd"',
    '"d"',
    'vbTextCompare',
    'é',
    '\u{1f600}',
    '\ud800',
    ...implementedFunctions,
  ],
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(lexeme, { maxLength: 30 }).map(parts => parts.join('')),
);

test('whatever is typed, the parser either takes it or says where it is wrong', () => {
  fc.assert(
    fc.property(anyText, text => {
      parsed(text);
    }),
    { numRuns: 2000 },
  );
});

const { expression } = fc.letrec<{ expression: string; call: string; leaf: string }>(tie => ({
  expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('call')),
  leaf: fc.oneof(
    fc.constantFrom('[a]', '[b]', '[appRoleAssignments]', '1', '-3', '2.5', '&HFF', 'vbTextCompare', ''),
    fc.constantFrom(
      '"x"',
      '""',
      '"2"',
      '"d"',
      '"True"',
      '"2024-02-29"',
      '"yyyy-MM-dd"',
      '"(?<g>a|b)"',
      '"g"',
      '","',
    ),
  ),
  call: fc
    .tuple(fc.constantFrom(...implementedFunctions), fc.array(tie('expression'), { maxLength: 7 }))
    .map(([name, parameters]) => `${name}(${parameters.join(', ')})`),
}));

const value: fc.Arbitrary<SourceValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a', 'True', '7', '2024-02-29', '8/25/2021 5:41:18 PM', '9'.repeat(30)),
  fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
);

test('whatever an object holds, evaluation gives a value or says that it cannot', () => {
  let evaluated = 0;
  fc.assert(
    fc.property(expression, value, value, (text, a, b) => {
      const taken = parsed(text);
      if (taken === undefined) return;
      evaluated += 1;
      try {
        const result = taken.evaluate(name => (name === 'b' ? b : a));
        expect(['string', 'number', 'object']).toContain(typeof result.value);
        if (Array.isArray(result.value)) expect(result.value.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof ExpressionFailure)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
  expect(evaluated).toBeGreaterThan(200);
});

test('without volatile functions the same object gives the same value', () => {
  fc.assert(
    fc.property(expression, value, (text, a) => {
      const taken = parsed(text);
      if (taken === undefined || taken.volatile.length > 0) return;
      const outcome = () => {
        try {
          return taken.evaluate(() => a).value;
        } catch (error) {
          return String(error);
        }
      };
      expect(outcome()).toEqual(outcome());
    }),
    { numRuns: 2000 },
  );
});

test('a text of the language gives back what was escaped in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const literal = `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      expect(parsed(literal)?.evaluate(() => null).value).toBe(text);
    }),
  );
});

test('what a failure says holds no value of the object', () => {
  const secret = 'xQ7zSecretzQ7x';
  fc.assert(
    fc.property(expression, text => {
      const taken = parsed(text);
      try {
        taken?.evaluate(() => secret);
      } catch (error) {
        expect(String(error)).not.toContain(secret);
      }
    }),
    { numRuns: 2000 },
  );
});
