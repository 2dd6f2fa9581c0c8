import { describe, expect, test } from 'vitest';
import { errorOf, resultOf } from './evaluate.ts';

describe('dates that CDate reads', () => {
  test.each([
    ['2021-08-24', '8/24/2021 12:00:00 AM'],
    ['2021-8-4', '8/4/2021 12:00:00 AM'],
    ['2021-08-24T13:05', '8/24/2021 1:05:00 PM'],
    ['2021-08-24 13:05:09Z', '8/24/2021 1:05:09 PM'],
    ['2021-08-24T13:05:09.1234567+02:00', '8/24/2021 11:05:09 AM'],
    ['  2021-08-24  ', '8/24/2021 12:00:00 AM'],
    ['2/29/2024', '2/29/2024 12:00:00 AM'],
    ['12/31/2021 12:00:00 AM', '12/31/2021 12:00:00 AM'],
    ['12/31/2021 12:30:00 pm', '12/31/2021 12:30:00 PM'],
    ['12/31/2021 23:59', '12/31/2021 11:59:00 PM'],
    ['0001-01-01', '1/1/0001 12:00:00 AM'],
    ['0050-06-07', '6/7/0050 12:00:00 AM'],
    ['9999-12-31T23:59:59.9999999Z', '12/31/9999 11:59:59 PM'],
  ])('%s', (date, result) => {
    expect(resultOf('CDate([date])', { date })).toBe(result);
  });

  test.each([
    '2021-02-29',
    '2021-13-01',
    '2021-08-24T24:00:00',
    '2021-08-24T13:05:09.12345678Z',
    '13/1/2021',
    '12/31/2021 13:00:00 PM',
    '12/31/2021 0:00:00 AM',
    '2021-08-24+15:00',
    '0001-01-01+08:00',
    '24.08.2021',
    'Aug 24, 2021',
    '20210824',
  ])('and not %s', date => {
    expect(errorOf(() => resultOf('CDate([date])', { date }))).toContain('not a date');
  });
});

describe('formats', () => {
  test.each([
    ['2015-01-23T10:05:07.1230000Z', 'd dd ddd dddd', '23 23 Fri Friday'],
    ['2015-01-23T10:05:07.1230000Z', 'M MM MMM MMMM', '1 01 Jan January'],
    ['2015-01-23T10:05:07.1230000Z', 'y yy yyy yyyy yyyyy', '15 15 2015 2015 02015'],
    ['2005-01-23T10:05:07.1230000Z', '%y', '5'],
    ['2015-01-23T00:05:07.1230000Z', 'h hh H HH t tt', '12 12 0 00 A AM'],
    ['2015-01-23T13:05:07.1230000Z', 'h:hh H:HH t tt', '1:01 13:13 P PM'],
    ['2015-01-23T10:05:07.1230000Z', 'm mm s ss', '5 05 7 07'],
    ['2015-01-23T10:05:07.1230000Z', 'f ff fff ffff fffffff', '1 12 123 1230 1230000'],
    ['2015-01-23T10:05:07.1230000Z', 's.FFFFFFF', '7.123'],
    ['2015-01-23T10:05:07.0000000Z', 's.FFFFFFF', '7'],
    ['2015-01-23T10:05:07.0000000Z', 'z zz zzz', '+0 +00 +00:00'],
    ['2015-01-23T10:05:07.0000000Z', "'on' dd/MM", 'on 23/01'],
    ['2015-01-23T10:05:07.0000000Z', '\\\\d d', 'd 23'],
    ['2015-01-23T10:05:07.0000000Z', '%d', '23'],
    ['2015-01-23T10:05:07.0000000Z', 's', '2015-01-23T10:05:07'],
    ['2015-01-23T10:05:07.0000000Z', 'u', '2015-01-23 10:05:07Z'],
    ['2015-01-23T10:05:07.0000000Z', 'R', 'Fri, 23 Jan 2015 10:05:07 GMT'],
    ['1969-07-20T20:17:40.5000000Z', 'dddd f', 'Sunday 5'],
  ])('%s written as %s', (date, format, result) => {
    const expression = `FormatDateTime([date], , "yyyy-MM-ddTHH:mm:ss.fffffffZ", "${format}")`;
    expect(resultOf(expression, { date })).toBe(result);
  });

  test.each([
    ['2015-01-23', 'yyyy-MM-dd', '2015-01-23T00:00:00'],
    ['2015-1-3', 'yyyy-M-d', '2015-01-03T00:00:00'],
    ['3JAN2015', 'dMMMyyyy', '2015-01-03T00:00:00'],
    ['January 23, 2015', 'MMMM dd, yyyy', '2015-01-23T00:00:00'],
    ['2015', 'yyyy', '2015-01-01T00:00:00'],
    ['2015-01-23 1:05 pm', 'yyyy-MM-dd h:mm tt', '2015-01-23T13:05:00'],
    ['2015-01-23 12:05 a', 'yyyy-MM-dd h:mm t', '2015-01-23T00:05:00'],
    ['2015-01-23 10:00 +02:00', 'yyyy-MM-dd HH:mm zzz', '2015-01-23T08:00:00'],
    ['2015-01-23 10:00 -8', 'yyyy-MM-dd HH:mm z', '2015-01-23T18:00:00'],
    ['2015-01-23 10:00Z', 'yyyy-MM-dd HH:mmK', '2015-01-23T10:00:00'],
    ['2015-01-23 10:00', 'yyyy-MM-dd HH:mmK', '2015-01-23T10:00:00'],
    ['2015-01-23T10:00:00', 'yyyy-MM-ddTHH:mm:ss.FFF', '2015-01-23T10:00:00'],
    ['2015-01-23T10:00:00.12', 'yyyy-MM-ddTHH:mm:ss.FFF', '2015-01-23T10:00:00'],
    [' 2015-01-23 ', 'yyyy-MM-dd', '2015-01-23T00:00:00'],
    ['2015-01-23T10:05:07', 's', '2015-01-23T10:05:07'],
  ])('%s read as %s', (date, format, result) => {
    expect(resultOf(`FormatDateTime([date], , "${format}", "s")`, { date })).toBe(result);
  });

  test.each([
    ['2015-1-23', 'yyyy-MM-dd'],
    ['2015-01-23x', 'yyyy-MM-dd'],
    ['2015-01-32', 'yyyy-MM-dd'],
    ['123 2015', 'Mdd yyyy'],
    ['2015-01-23 13:00 PM', 'yyyy-MM-dd hh:mm tt'],
    ['20150123t', 'yyyyMMddT'],
  ])('%s does not match %s, as in .NET', (date, format) => {
    expect(errorOf(() => resultOf(`FormatDateTime([date], , "${format}", "s")`, { date }))).toContain(
      'inputFormat',
    );
  });

  test.each([
    ['AllowLeadingWhite', ' 2015-01-23', true],
    ['AllowLeadingWhite', '2015-01-23 ', false],
    ['None', ' 2015-01-23', false],
    ['DateTimeStyles.AllowTrailingWhite, AssumeUniversal', '2015-01-23 ', true],
  ])('with the style %s "%s" is read: %s', (styles, date, isRead) => {
    const run = () => resultOf(`FormatDateTime([date], "${styles}", "yyyy-MM-dd", "yyyy")`, { date });
    if (isRead) expect(run()).toBe('2015');
    else expect(run).toThrow('inputFormat');
  });

  test.each([
    ['MM-dd', 1, 'no year'],
    ['yy-MM-dd', 1, 'a year must be read with yyyy'],
    ['yyyy-MM-dd hh:mm', 12, 'h needs tt'],
    ['yyyy-MM-dd HH:mm tt', 12, 'AM and PM go with h'],
    ['yyyy-MM-dd tt', 12, 'AM and PM need h'],
    ['yyyy-MM-dd HH hh', 12, 'the hour twice'],
    ['yyyy-MM MMM', 6, 'the month twice'],
    ['yyyy s.f F', 8, 'the fraction twice'],
    ['yyyy-MM-dd yyyy', 12, 'a second y'],
    ['yyyy ddd', 6, 'ddd is not supported for reading'],
  ])('to read with %s is refused at character %i', (format, character, message) => {
    const error = errorOf(() => resultOf(`FormatDateTime([x], , "${format}", "yyyy")`));
    expect(error).toContain(
      `column ${'FormatDateTime([x], , "'.length + character}: FormatDateTime, inputFormat: `,
    );
    expect(error).toContain(message);
  });

  test.each([
    ['YYYY', 1, 'Y is no specifier'],
    ['d', 1, 'of the one-letter formats'],
    ['y', 1, 'of the one-letter formats'],
    ['yyyy K', 6, 'K depends on'],
    ['yyyy gg', 6, 'g is not supported'],
    ['yyyy fffffffff', 6, 'too many f'],
    ["yyyy 'open", 6, 'quoted text that does not end'],
    ['yyyy %', 6, '% without a specifier'],
    ['yyyy \\\\', 6, 'a backslash at the end'],
    ['', 1, 'an empty format'],
  ])('to write with %s is refused at character %i', (format, character, message) => {
    const error = errorOf(() => resultOf(`FormatDateTime([x], , "yyyy", "${format}")`));
    expect(error).toContain(
      `column ${'FormatDateTime([x], , "yyyy", "'.length + character}: FormatDateTime, outputFormat: `,
    );
    expect(error).toContain(message);
  });

  test.each([
    ['FormatDateTime([x], , [format], "yyyy")', 'the format must be checked in advance'],
    ['FormatDateTime([x], "AssumeLocal", "yyyy", "yyyy")', 'a text of AllowLeadingWhite, AllowTrailingWhite'],
    [
      'FormatDateTime([x], "RoundtripKind, AssumeUniversal", "yyyy", "yyyy")',
      '.NET does not take RoundtripKind',
    ],
    ['DateAdd("q", 1, [x])', 'DateAdd, interval; expected one of the texts "yyyy", "m"'],
    ['DateDiff([interval], [x], [x])', 'DateDiff, interval; expected one of the texts "yyyy", "m"'],
  ])('%s is refused', (expression, message) => {
    expect(errorOf(() => resultOf(expression))).toContain(message);
  });
});

describe('arithmetic', () => {
  test.each([
    ['DateAdd("m", 1, "2024-01-31")', '2/29/2024 12:00:00 AM'],
    ['DateAdd("m", -11, "2024-01-31")', '2/28/2023 12:00:00 AM'],
    ['DateAdd("m", -1, "2024-01-31")', '12/31/2023 12:00:00 AM'],
    ['DateAdd("yyyy", 1, "2024-02-29")', '2/28/2025 12:00:00 AM'],
    ['DateAdd("h", 25, "2024-02-28T23:30:00")', '3/1/2024 12:30:00 AM'],
    ['DateAdd("n", -1, "2024-01-01")', '12/31/2023 11:59:00 PM'],
    ['DateAdd("s", 86400, "2024-01-01")', '1/2/2024 12:00:00 AM'],
    ['DateAdd("ww", -1, "2024-01-01")', '12/25/2023 12:00:00 AM'],
  ])('%s is %s', (expression, result) => {
    expect(resultOf(expression)).toBe(result);
  });

  test.each([
    ['d', '2024-01-01T23:59:00', '2024-01-02T00:01:00', 1],
    ['h', '2024-01-01T23:59:00', '2024-01-02T00:01:00', 1],
    ['n', '2024-01-01T23:59:59', '2024-01-02T00:00:00', 1],
    ['m', '2024-01-31', '2024-02-01', 1],
    ['yyyy', '2023-12-31', '2024-01-01', 1],
    ['ww', '2024-01-06', '2024-01-07', 1],
    ['ww', '2024-01-07', '2024-01-13', 0],
    ['ww', '1960-01-02', '1960-01-03', 1],
    ['d', '1960-01-02T12:00:00', '1960-01-01T13:00:00', -1],
    ['s', '1960-01-01T00:00:00.5', '1960-01-01T00:00:01', 1],
  ])('from one %s to the next: %s to %s is %i', (interval, from, to, result) => {
    expect(resultOf(`DateDiff("${interval}", "${from}", "${to}")`)).toBe(result);
  });

  test('a week border is crossed as often as there are Sundays on the way', () => {
    const day = 86_400_000;
    const [from, to] = [Date.parse('2012-03-16'), Date.parse('2021-08-25')];
    let sundays = 0;
    for (let at = from + day; at <= to; at += day) if (new Date(at).getUTCDay() === 0) sundays += 1;
    expect(resultOf('DateDiff("ww", "2012-03-16", "2021-08-25")')).toBe(sundays);
  });

  test('FILETIME values are exact', () => {
    expect(resultOf('NumFromDate("2012-01-01T23:00:00.0000001Z")')).toBe('129699324000000001');
    expect(resultOf('NumFromDate("1601-01-01")')).toBe(0);
    expect(resultOf('DateFromNum("129699324000000000")')).toBe('1/1/2012 11:00:00 PM');
    expect(resultOf('DateFromNum(0)')).toBe('1/1/1601 12:00:00 AM');
  });
});
