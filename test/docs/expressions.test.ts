import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  functionNamed,
  implementedFunctions,
  refusedFunctions,
} from '../../src/mapping/expression/functions/all.ts';

const page = readFileSync(new URL('../../docs/expressions.md', import.meta.url), 'utf8');

/** The first cells of all table rows below a heading, up to the next heading of that level. */
function firstCells(heading: string): readonly string[] {
  const section = page.split(/^## /m).find(part => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(match => match[1] ?? '');
}

test('the page has every function, with its parameters, and no other', () => {
  const signatures = implementedFunctions.map(name => {
    const { parameters } = functionNamed({ kind: 'call', name, at: 0, arguments: [], argumentOffsets: [] });
    return `${name}(${parameters.join(', ')})`;
  });
  const listed = firstCells('Functions').filter(cell => cell.endsWith(')'));
  expect(listed.toSorted()).toEqual(signatures.toSorted());
});

test('the page has every function that is refused, and no other', () => {
  const listed = firstCells('Refused').filter(cell => /^[A-Z]\w+$/.test(cell));
  expect(listed.toSorted()).toEqual(refusedFunctions);
});

test('no function of Entra’s list is forgotten', () => {
  // Microsoft Learn, "Reference for writing expressions", list of functions; the last two stand on other pages.
  const listed =
    'Append AppRoleAssignmentsComplex BitAnd CBool CDate Coalesce ConvertToBase64 ConvertToUTF8Hex Count CStr DateAdd ' +
    'DateDiff DateFromNum FormatDateTime Guid IgnoreFlowIfNullOrEmpty IIF InStr IsNull IsNullOrEmpty IsPresent ' +
    'IsString Item Join Left Mid NormalizeDiacritics Not Now NumFromDate PCase RandomString Redact RemoveDuplicates ' +
    'Replace SelectUniqueValue SingleAppRoleAssignment Split StripSpaces Switch ToLower ToUpper Word ' +
    'AssertiveAppRoleAssignmentsComplex DefaultDomain';
  expect([...implementedFunctions, ...refusedFunctions].toSorted()).toEqual(listed.split(' ').toSorted());
});
