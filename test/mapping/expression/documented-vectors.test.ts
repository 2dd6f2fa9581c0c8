import { describe, expect, test } from 'vitest';
import type { SourceValue } from '../../../src/identity/source-values.ts';
import { type Attributes, evaluate, resultOf } from './evaluate.ts';

// Every result that Microsoft Learn, "Reference for writing expressions for attribute mappings", shows, as shown there.
const vectors: [expression: string, result: SourceValue, attributes?: Attributes][] = [
  [
    'Append([userPrincipalName], ".test")',
    'John.Doe@contoso.com.test',
    { userPrincipalName: 'John.Doe@contoso.com' },
  ],
  ['BitAnd(&HF, &HF7)', 7],
  ['CBool([attribute1] = [attribute2])', 'True', { attribute1: 'same', attribute2: 'same' }],
  ['CDate([StatusHireDate])', '3/16/2020 7:00:00 AM', { StatusHireDate: '2020-03-16-07:00' }],
  ['CDate("2021-06-30+08:00")', '6/29/2021 4:00:00 PM'],
  ['CDate("2009-06-15T01:45:30-07:00")', '6/15/2009 8:45:30 AM'],
  [
    'Coalesce([mail],[userPrincipalName])',
    'John.Doe@contoso.com',
    { userPrincipalName: 'John.Doe@contoso.com' },
  ],
  ['ConvertToBase64("Hello world!")', 'SABlAGwAbABvACAAdwBvAHIAbABkACEA'],
  ['ConvertToUTF8Hex("Hello world!")', '48656C6C6F20776F726C6421'],
  ['CStr([dn])', 'cn=Joe,dc=contoso,dc=com', { dn: 'cn=Joe,dc=contoso,dc=com' }],
  [
    'DateAdd("d", 7, CDate([StatusHireDate]))',
    '3/23/2012 7:00:00 AM',
    { StatusHireDate: '2012-03-16-07:00' },
  ],
  [
    'DateAdd("d", -10, CDate([StatusHireDate]))',
    '3/6/2012 7:00:00 AM',
    { StatusHireDate: '2012-03-16-07:00' },
  ],
  [
    'DateAdd("ww", 2, CDate([StatusHireDate]))',
    '3/30/2012 7:00:00 AM',
    { StatusHireDate: '2012-03-16-07:00' },
  ],
  [
    'DateAdd("m", 10, CDate([StatusHireDate]))',
    '1/16/2013 7:00:00 AM',
    { StatusHireDate: '2012-03-16-07:00' },
  ],
  [
    'DateAdd("yyyy", 2, CDate([StatusHireDate]))',
    '3/16/2014 7:00:00 AM',
    { StatusHireDate: '2012-03-16-07:00' },
  ],
  ['DateDiff("d", CDate("2021-08-18+08:00"), CDate("2021-08-31+08:00"))', 13],
  ['DateDiff("d", "8/25/2021 5:41:18 PM", CDate("2012-03-16-07:00"))', -3449],
  ['DateDiff("ww", "8/25/2021 5:41:18 PM", CDate("2012-03-16-07:00"))', -493],
  ['DateDiff("m", "8/25/2021 5:41:18 PM", CDate("2012-03-16-07:00"))', -113],
  ['DateDiff("yyyy", "8/25/2021 5:41:18 PM", CDate("2012-03-16-07:00"))', -9],
  ['DateDiff("d", CDate("2021-08-31+08:00"), CDate("2021-08-31+08:00"))', 0],
  ['DateDiff("h", CDate("2021-08-24"), CDate("2021-08-25"))', 24],
  ['DateDiff("n", CDate("2021-08-24"), CDate("2021-08-25"))', 1440],
  ['DateDiff("s", CDate("2021-08-24"), CDate("2021-08-25"))', 86_400],
  ['DateFromNum(129699324000000000)', '1/1/2012 11:00:00 PM'],
  [
    'FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
    '2015-01-23',
    { extensionAttribute1: '20150123105347.1Z' },
  ],
  ['IIF([country]="USA",[country],[department])', 'USA', { country: 'USA', department: 'Sales' }],
  ['IIF([country]="USA",[country],[department])', 'Sales', { country: 'Peru', department: 'Sales' }],
  ['IIF([country]="USA",IIF([state]="CA","True","False"),"False")', 'True', { country: 'USA', state: 'CA' }],
  ['IIF([country]="USA",IIF([state]="CA","True","False"),"False")', 'False', { country: 'USA', state: 'WA' }],
  ['IIF([country]="USA","True",IIF([state]="CA","True","False"))', 'True', { country: 'Peru', state: 'CA' }],
  ['Switch([country],[country],"","Other")', 'Other'],
  ['Switch([country],[country],"","Other")', 'Peru', { country: 'Peru' }],
  ['InStr("The quick brown fox","quick")', 5],
  ['InStr("repEated","e",3,vbBinaryCompare)', 7],
  ['IsNull([displayName])', 'True'],
  ['IsNullOrEmpty([displayName])', 'True', { displayName: '' }],
  ['Item([proxyAddresses], 1)', 'SMTP:a@b.c', { proxyAddresses: ['SMTP:a@b.c', 'smtp:d@b.c'] }],
  ['Left("John Doe", 3)', 'Joh'],
  ['NormalizeDiacritics([givenName])', 'Zoe', { givenName: 'Zoë' }],
  [
    'NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))',
    '132539615990000000',
    { ContractEndDate: '2020-12-31-08:00' },
  ],
  [
    'NumFromDate(Join("",FormatDateTime([endDate], ,"M/d/yyyy hh:mm:ss tt","yyyy-MM-dd")," 23:59:59-08:00"))',
    '132539615990000000',
    { endDate: '12/31/2020 05:00:00 PM' },
  ],
  ['PCase([firstName])', 'Pablo Gonsalves (Second)', { firstName: 'PABLO GONSALVES (SECOND)' }],
  ['PCase([lastName]," \'-")', "Pinto-De'Silva", { lastName: "PINTO-DE'SILVA" }],
  ['PCase(Join(" ",[firstName],[lastName]))', 'Gregory James', { firstName: 'GREGORY', lastName: 'JAMES' }],
  [
    'RemoveDuplicates([proxyAddresses])',
    ['smtp:a@b.c', 'SMTP:a@b.c'],
    { proxyAddresses: ['smtp:a@b.c', 'SMTP:a@b.c', 'smtp:a@b.c'] },
  ],
  [
    'Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )',
    'Software Engineer',
    { BusinessTitle: 'Product Developer' },
  ],
  [
    'Replace([UserID],"<username>", , , , , "<username>@contoso.com")',
    'jsmith@contoso.com',
    { UserID: 'jsmith' },
  ],
  [
    `Replace([telephoneNumber], , "\\\\+(?<isdCode>\\\\d* )(?<phoneNumber>\\\\d{10})", , "\${phoneNumber}", , )`,
    '9998887777',
    { telephoneNumber: '+91 9998887777' },
  ],
  // The page shows the result without the plus sign, which its pattern does not match.
  ['Replace([mobile], , "[()\\\\s-]+", , "", , )', '+19998887777', { mobile: '+1 (999) 888-7777' }],
  [
    'Replace([AddressLineData], ,"(?<streetNumber>^\\\\d*)","streetNumber", "888", , )',
    '888 Tremont Street',
    { AddressLineData: '545 Tremont Street' },
  ],
  [
    'Replace([userPrincipalName], , "(?<Suffix>@(.)*)", "Suffix", "", , )',
    'jsmith',
    { userPrincipalName: 'jsmith@contoso.com' },
  ],
  [
    'Replace([telephoneNumber], , "\\\\+(?<isdCode>\\\\d* )(?<phoneNumber>\\\\d{10})", "phoneNumber" , , [mobile], )',
    '8887779999',
    { telephoneNumber: '', mobile: '+91 8887779999' },
  ],
  ['Replace([mailNickname], , "[a-zA-Z_]*", , "", , )', '72', { mailNickname: 'john_doe72' }],
  ['Replace([mail], "@contoso.com", , ,"", ,)', 'john.doe', { mail: 'john.doe@contoso.com' }],
  [
    'Split([extensionAttribute5], ",")',
    ['PermissionSetOne', 'PermissionSetTwo'],
    { extensionAttribute5: 'PermissionSetOne, PermissionSetTwo' },
  ],
  [
    'Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")',
    'Australia/Brisbane',
    { state: 'QLD' },
  ],
  ['Switch(ToLower([statusFlag]), "0", "true", "1", "false", "0")', '1', { statusFlag: 'TRUE' }],
  ['Switch([statusFlag], "Default Value", "true", "1", "", "0")', '0'],
  [
    'ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".",  [PreferredFirstName], [PreferredLastName]))), "contoso.com"))',
    'john.smith@contoso.com',
    { PreferredFirstName: 'John', PreferredLastName: 'Smith' },
  ],
  ['Word("The quick brown fox",3," ")', 'brown'],
  ['Word("This,string!has&many separators",3,",!&#")', 'has'],
  ['Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))', 'JohDoe', { givenName: 'John', surname: 'Doe' }],
  ['Join(", ", "", [surname], [givenName])', 'Doe, John', { givenName: 'John', surname: 'Doe' }],
  // The page shows the result of another id than the one it names; this is the result of the id it names.
  [
    'Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))',
    '100030306161303061612626231312636332322646433332343465653434656534346565',
    { objectId: '00aa00aa-bb11-cc22-dd33-44ee44ee44ee' },
  ],
  // From setup guides of the Databricks connector.
  ['Switch([IsSoftDeleted], , "False", "True", "True", "False")', 'True', { IsSoftDeleted: false }],
  ['Switch([IsSoftDeleted], , "False", "True", "True", "False")', 'False', { IsSoftDeleted: true }],
  ['Join(" ", [givenName], [surname])', 'John Doe', { givenName: 'John', surname: 'Doe' }],
];

test.each(vectors)('%s is %j for %j', (expression, result, attributes) => {
  expect(resultOf(expression, attributes)).toEqual(result);
});

describe('documented examples without a fixed result', () => {
  const hired =
    'Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"), "0", "False")';
  test.each([
    ['2026-01-09', 'True'],
    ['2026-01-10', 'False'],
  ])('an account is active from five days before the hire date: %s', (StatusHireDate, result) => {
    const now = Date.parse('2026-01-04T12:00:00Z');
    expect(resultOf(hired, { Active: '1', StatusHireDate }, now)).toBe(result);
  });

  test('Now is in UTC, of the twelve-hour clock, to the second', () => {
    expect(resultOf('Now()', {}, Date.parse('2021-07-02T15:33:38.999Z'))).toBe('7/2/2021 3:33:38 PM');
  });

  test('Guid gives another id each time', () => {
    expect(resultOf('Guid()')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(resultOf('Guid()')).not.toBe(resultOf('Guid()'));
  });

  test('RandomString keeps its minima and leaves out what is to be avoided', () => {
    for (let round = 0; round < 200; round += 1) {
      expect(resultOf('RandomString(6,3,0,0,3)')).toMatch(/^(?=(?:\D*\d){3}\D*$)[0-9a-z]{6}$/);
      const text = String(resultOf('RandomString(10,2,2,2,1,"?,")'));
      expect(text).toHaveLength(10);
      expect(text).not.toMatch(/[?,]/);
      const counts = [/\d/g, /[^0-9A-Za-z]/g, /[A-Z]/g, /[a-z]/g].map(kind => text.match(kind)?.length ?? 0);
      counts.forEach((count, index) => {
        expect(count).toBeGreaterThanOrEqual([2, 2, 2, 1][index] ?? 0);
      });
    }
  });

  test('what the minima of RandomString leave open is filled from the kinds that have one', () => {
    expect(resultOf('RandomString(200,1,0,0,0)')).toMatch(/^\d{200}$/);
    expect(resultOf('RandomString(200,0,0,1,1)')).toMatch(/^[A-Za-z]{200}$/);
    expect(resultOf('RandomString(200,0,0,0,0)')).toMatch(/^[0-9A-Za-z]{200}$/);
  });

  test.each([
    ['Redact([userPrincipalName])', 'mia@contoso.com'],
    ['Redact("StringToBeRedacted")', 'StringToBeRedacted'],
  ])('%s flows, and is marked', (expression, value) => {
    const evaluated = evaluate(expression, { userPrincipalName: 'mia@contoso.com' });
    expect(evaluated).toEqual({ value, ignored: false, redacted: true });
  });

  test.each([
    ['IgnoreFlowIfNullOrEmpty([department])', null],
    ['IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof."))', ''],
  ])('%s drops the attribute', (expression, value) => {
    expect(evaluate(expression)).toEqual({ value, ignored: true, redacted: false });
  });

  test('IgnoreFlowIfNullOrEmpty lets a value flow', () => {
    expect(evaluate('IgnoreFlowIfNullOrEmpty([department])', { department: 'Sales' }).ignored).toBe(false);
  });
});
