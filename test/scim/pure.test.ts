import fc from 'fast-check';
import SCIMMY from 'scimmy';
import { describe, expect, test } from 'vitest';
import { valuePath } from '../../src/identity/desired.ts';
import { retryAfterMs } from '../../src/identity/retry-after.ts';
import { parseErrorBody } from '../../src/scim/error-body.ts';
import { equals } from '../../src/scim/filter.ts';
import { addMembers, changeAttributes, removeMembers } from '../../src/scim/patch.ts';

describe('filters', () => {
  test.each([
    ["O'Brien", `displayName eq "O'Brien"`],
    ['say "hi"', 'displayName eq "say \\"hi\\""'],
    ['back\\slash', 'displayName eq "back\\\\slash"'],
    ['" or displayName ne "', 'displayName eq "\\" or displayName ne \\""'],
    ['Zoë 🚀 R&D 100%', 'displayName eq "Zoë 🚀 R&D 100%"'],
    ['', 'displayName eq ""'],
  ])('quote and escape %j', (value, filter) => {
    expect(equals('displayName', value)).toBe(filter);
  });

  test('keep any value in one piece, as an independent parser reads it', () => {
    fc.assert(
      // Without what scimmy's own parser does not read as RFC 7644 does: escapes, separators of lines and paragraphs,
      // and text that looks like a number.
      fc.property(fc.string({ unit: 'grapheme' }), value => {
        const text = `v ${value.replace(/["\\\p{Cc}\p{Zl}\p{Zp}]/gu, '')}`;
        expect([...new SCIMMY.Types.Filter(equals('displayName', text))]).toEqual([
          { displayName: ['eq', text] },
        ]);
      }),
    );
  });

  test.each(['', 'a b', 'a eq "x" or b', 'members[value', 'a.b'])('refuse %j as an attribute', attribute => {
    expect(() => equals(attribute, 'x')).toThrow(RangeError);
    expect(() => valuePath(attribute, 'x')).toThrow(RangeError);
  });
});

describe('PATCH operations', () => {
  test('add all members at once', () => {
    expect(addMembers(['1', '2'])).toEqual([
      { op: 'add', path: 'members', value: [{ value: '1' }, { value: '2' }] },
    ]);
    expect(addMembers([])).toEqual([]);
  });

  test('remove each member by a filter of its own, and never send a value with a removal', () => {
    expect(removeMembers(['1', 'a"b'])).toEqual([
      { op: 'remove', path: 'members[value eq "1"]' },
      { op: 'remove', path: 'members[value eq "a\\"b"]' },
    ]);
    expect(valuePath('members', '1')).toBe('members[value eq "1"]');
  });

  test('lead from any membership to any other, as an independent server applies them', async () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 30 }).map(n => `id-${n}`));
    await fc.assert(
      fc.asyncProperty(ids, ids, fc.string({ minLength: 1 }), async (before, after, displayName) => {
        const operations = [
          ...changeAttributes({ displayName }),
          ...removeMembers(before.filter(id => !after.includes(id))),
          ...addMembers(after.filter(id => !before.includes(id))),
        ];
        expect(await applied({ displayName: 'before', members: before }, operations)).toEqual({
          displayName,
          members: [...after].sort(),
        });
      }),
      { numRuns: 60 },
    );
  });
});

/** The outcome as scimmy's PatchOp has it. */
async function applied(group: { displayName: string; members: string[] }, operations: object[]) {
  const members = group.members.map(value => ({ value }));
  const resource = new SCIMMY.Schemas.Group({ id: '1', displayName: group.displayName, members }, 'out');
  const message = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
  const patch = new SCIMMY.Messages.PatchOp(
    message as ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0],
  );
  const result = ((await patch.apply(resource)) ?? resource) as unknown as typeof resource & {
    displayName: string;
    members?: { value: string }[];
  };
  return {
    displayName: result.displayName,
    members: (result.members ?? []).map(({ value }) => value).sort(),
  };
}

describe('Retry-After', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  test.each([
    ['0', 0],
    ['3', 3_000],
    [' 12 ', 12_000],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Friday, 02-Jan-26 03:04:35 GMT', 30_000],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
    ['99999999999', 86_400_000],
    ['Fri, 02 Jan 2099 03:04:35 GMT', 86_400_000],
    ['-5', undefined],
    ['1.5', 1_500],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});

describe('error bodies', () => {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error'];
  test.each([
    [
      'SCIM',
      { schemas, scimType: 'uniqueness', detail: 'taken', status: '409' },
      'uniqueness',
      'taken',
      true,
    ],
    ['SCIM with a null detail', { schemas, detail: 'null', status: 500 }, undefined, undefined, true],
    ['the platform', { error_code: 'NOT_FOUND', message: 'no', details: [{}] }, 'NOT_FOUND', 'no', true],
    ['JSON of another kind', { error: 'no' }, undefined, undefined, true],
    ['plain text with a code', 'PERMISSION_DENIED: not you', 'PERMISSION_DENIED', 'not you', false],
    ['plain text', 'upstream connect error', undefined, 'upstream connect error', false],
    ['HTML with pre', '<html><h1>502</h1><pre>bad <b>gateway</b></pre>', undefined, 'bad gateway', false],
    ['HTML', '<html><style>p{}</style><p>Log\n in</p></html>', undefined, 'Log in', false],
    ['nothing', '', undefined, undefined, false],
    ['a JSON array', '[1]', undefined, '[1]', false],
    ['a JSON string', '"no"', undefined, '"no"', false],
    ['fields of other types', { detail: { a: 1 }, error_code: 7 }, undefined, undefined, true],
  ])('of %s are read', (_shape, body, scimType, detail, structured) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(parseErrorBody(text)).toEqual({ scimType, detail, structured });
  });

  test('are cut off, and never throw', () => {
    expect(parseErrorBody('x'.repeat(5_000)).detail).toHaveLength(1_000);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), body => void parseErrorBody(body)));
  });
});
