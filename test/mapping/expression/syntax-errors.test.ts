import { describe, expect, test } from 'vitest';
import { ExpressionSyntaxError } from '../../../src/mapping/expression/errors.ts';
import { parseExpression } from '../../../src/mapping/expression/expression.ts';

function syntaxErrorOf(text: string): ExpressionSyntaxError {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('the error names line, column and what was expected', () => {
  test.each([
    ['', 1, 1, 'expected a function, [attribute], "text" or number'],
    ['   \n ', 2, 2, 'expected a function, [attribute], "text" or number'],
    ['Join(" ", [a]', 1, 14, 'expected a closing parenthesis'],
    ['Join(" ",', 1, 10, 'expected a function, [attribute], "text" or number'],
    ['Join(" " [a])', 1, 10, 'expected a comma or a closing parenthesis'],
    ['Join(" ", [a]))', 1, 15, 'expected the end of the expression'],
    ['[a] [b]', 1, 5, 'expected the end of the expression'],
    ['Join(" ",\n  [a]\n  [b])', 3, 3, 'expected a comma or a closing parenthesis'],
    ['Join(" ",\r\n  [a]\r  [b])', 3, 3, 'expected a comma or a closing parenthesis'],
    ['Append([a], "b)', 1, 13, 'this text does not end; expected a closing quotation mark'],
    ['Append([a], "\\d")', 1, 14, 'a lone backslash; expected \\\\ for a backslash'],
    ['Append([a, "b")', 1, 8, 'this attribute name does not end; expected a closing bracket ]'],
    ['Append([], "b")', 1, 9, 'expected an attribute name'],
    ['Append([ a ], "b")', 1, 9, 'expected an attribute name without spaces'],
    ['Append([a[b]], "b")', 1, 10, 'a bracket within brackets'],
    ['Append(“a”, "b")', 1, 8, 'a typographic quotation mark'],
    ['Append(\'a\', "b")', 1, 8, 'a double quotation mark'],
    ['Append([a] & [b])', 1, 12, 'Join or Append'],
    ['[a] + "b"', 1, 5, 'Join or Append'],
    ['Left([a], 1x)', 1, 12, 'expected the end of the number'],
    ['Left([a], 9223372036854775808)', 1, 11, 'a number within 64 bits'],
    ['BitAnd([a], &H80000000)', 1, 13, 'it is not defined which number is meant; expected the decimal form'],
    ['BitAnd([a], &HG)', 1, 13, 'Join or Append'],
    ['#', 1, 1, 'a character of no meaning'],
    ['([a])', 1, 1, 'parentheses follow a function name only'],
    ['True', 1, 1, 'the word in quotation marks'],
    ['Left([a], vbTextCompare)', 1, 11, 'the word in quotation marks'],
    [
      'InStr([a], "b", 1, "vbTextCompare")',
      1,
      20,
      'expected vbTextCompare or vbBinaryCompare, without quotation marks',
    ],
    ['ToUPPER([a])', 1, 1, 'there is no function ToUPPER (did you mean ToUpper?)'],
    ['Joiin(" ", [a])', 1, 1, 'there is no function Joiin (did you mean Join?)'],
    ['IsNullorEmpty([a])', 1, 1, 'did you mean IsNullOrEmpty?'],
    ['And([a], [b])', 1, 1, 'conditions cannot be combined'],
    ['toString([a])', 1, 1, 'there is no function toString;'],
    ['constructor([a])', 1, 1, 'there is no function constructor;'],
    ['Left([a])', 1, 1, 'argument 2 of Left is missing; expected Left(string, numChars)'],
    ['Left(, 1)', 1, 6, 'argument 1 of Left is missing'],
    ['Left([a], 1, 2)', 1, 14, 'too many arguments; expected Left(string, numChars)'],
    ['Now(1)', 1, 5, 'too many arguments; expected Now()'],
    ['Join(" ")', 1, 1, 'argument 2 of Join is missing'],
    ['Join(" ", [a], , [b])', 1, 16, 'argument 3 of Join is missing'],
    ['Switch([a])', 1, 1, 'argument 3 of Switch is missing'],
    ['Switch([a], "d", "k")', 1, 1, 'argument 4 of Switch is missing'],
    ['Switch([a], "d", "k", "v", "k")', 1, 1, 'keys and values come in pairs'],
    ['Switch([a], "d", "k", "v", , "k", "v")', 1, 28, 'argument 5 of Switch is missing'],
    ['Item([a], 0)', 1, 11, 'the first item has the index 1; expected 1 or more'],
    ['Mid([a], 0, 1)', 1, 10, 'the first character has the index 1'],
    ['Split([a], ", ")', 1, 12, 'expected a text of exactly one character'],
    ['Word([a], 1, "")', 1, 14, 'expected at least one character'],
    ['ToLower([a], "Turkish!")', 1, 14, 'the name of a culture'],
    ['ToLower([a], [culture])', 1, 14, 'the name of a culture'],
    ['RandomString(257,0,0,0,0)', 1, 14, 'a number from 0 to 256'],
    ['RandomString(4,2,2,1,0)', 1, 1, 'expected a length of at least 5'],
    ['RandomString(4,1,0,0,0,"0123456789")', 1, 1, 'no character is left'],
    ['Replace([a], "", , , "b", , )', 1, 14, 'expected at least one character'],
    ['Replace([a], "b", , , , , )', 1, 1, 'this combination of arguments has no meaning'],
    ['Replace([a], "b", "c", , "d", , )', 1, 1, 'this combination of arguments has no meaning'],
    ['Replace([a], , "(?<g>b)", "g", , "mobile", )', 1, 34, 'expected an attribute, such as [mobile]'],
    ['Append("a", CDate("soon"))', 1, 13, 'CDate, expression: not a date'],
    ['Left("abc", "x")', 1, 1, 'Left, numChars: not a whole number'],
  ])('%s', (text, line, column, message) => {
    const error = syntaxErrorOf(text);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.message).toContain(`line ${line}, column ${column}: `);
    expect(error.message).toContain(message);
    expect(error.message.endsWith(`expected ${error.expected}`)).toBe(true);
  });
});

describe('what Entra documents as unsupported, or as made for other targets, is refused with what to use instead', () => {
  test.each([
    [
      'IIF([country]="","Other",[country])',
      15,
      'a condition on an empty value always fails; expected Switch',
    ],
    [
      'IIF(IsNullOrEmpty([country]),"Other",[country])',
      5,
      'IsNullOrEmpty does not work in the condition of IIF',
    ],
    ['IIF(IsPresent([country]),[country],"Other")', 5, 'IsPresent does not work in the condition of IIF'],
    ['IIF(Not(IsNull([country])),[country],"Other")', 9, 'IsNull does not work in the condition of IIF'],
    ['CBool([a] <> "")', 14, 'a condition on an empty value always fails'],
    ['IIF([a]="x" AND [b]="y","1","2")', 13, 'there is no AND and no OR: nest one IIF in another'],
    ['IIF([a]="x" or [b]="y","1","2")', 13, 'there is no AND and no OR'],
    ['IIF([a]="x" && [b]="y","1","2")', 13, 'there is no AND and no OR'],
    ['IIF([a]="x"="y","1","2")', 12, 'one comparison has two sides'],
    ['IIF([a]=="x","1","2")', 8, 'expected one of = <> > >= < <='],
    ['IIF([a] > "x","1","2")', 11, 'texts have no order; expected a number'],
    ['IIF(CDate([a]) > Now(),"1","2")', 5, 'expected DateDiff compared with a number'],
    ['Switch([a]="x", , "True", "1")', 11, 'a comparison is possible in IIF and CBool only'],
    ['Not([a]="x")', 8, 'expected CBool(…) around it'],
    ['Switch(IsPresent([a]),[a], IsPresent([b]),[b], IsPresent([c]),[c])', 8, 'IsPresent does not work here'],
    ['Switch([manager], , "a", "b")', 8, 'references to other objects cannot be compared'],
    ['ToLower(IgnoreFlowIfNullOrEmpty([a]))', 9, 'decides about the whole attribute'],
    ['IIF(IgnoreFlowIfNullOrEmpty([a]),"1","2")', 5, 'decides about the whole attribute'],
    [
      'SelectUniqueValue([a], [b])',
      1,
      'SelectUniqueValue is not supported: it is for provisioning into on-premises',
    ],
    ['AppRoleAssignmentsComplex([appRoleAssignments])', 1, 'is not supported: it gives JSON'],
    ['AssertiveAppRoleAssignmentsComplex([appRoleAssignments])', 1, 'is not supported: it gives JSON'],
    ['Join("@", [a], DefaultDomain())', 16, 'is not supported: it is for provisioning into Entra ID'],
    ['SingleAppRoleAssignment([roles])', 25, 'expected [appRoleAssignments]'],
  ])('%s', (text, column, message) => {
    const error = syntaxErrorOf(text);
    expect(error.column).toBe(column);
    expect(error.message).toContain(message);
  });
});

describe('limits', () => {
  test('10,000 characters, as in Entra', () => {
    const text = (length: number) => `"${'a'.repeat(length - 2)}"`;
    expect(parseExpression(text(10_000)).attributes).toEqual([]);
    expect(syntaxErrorOf(text(10_001)).expected).toBe('at most 10000 characters');
  });

  test('400 functions within each other', () => {
    const nested = (depth: number) => `${'ToLower('.repeat(depth)}[a]${')'.repeat(depth)}`;
    expect(parseExpression(nested(400)).evaluate(() => 'A').value).toBe('a');
    expect(syntaxErrorOf(nested(401)).expected).toBe('at most 400 functions within each other');
    expect(syntaxErrorOf('Not('.repeat(2500)).column).toBe(1601);
  });

  test('a long chain of IIF, as the missing OR needs it', () => {
    const chain = `${'IIF([a]="x","y",'.repeat(399)}"z"${')'.repeat(399)}`;
    expect(parseExpression(chain).evaluate(() => 'b').value).toBe('z');
  });
});

describe('what is accepted', () => {
  test.each([
    ['\tJoin (\r\n " " ,[a] ,\u00a0[b] ) \n', 'A B'],
    ['Join("\\"\\\\", [a], [b])', 'A"\\B'],
    ['Join("\n", [a], [b])', 'A\nB'],
    ['ToLower([a], )', 'a'],
    ['ToLower([a], "")', 'a'],
    ['Replace([a], "A", , , "x")', 'x'],
    ['[extension_0a1b_costCenter]', 'EXTENSION'],
    ['BitAnd( &hff , 15 )', 15],
    ['IIF([a]="A",IgnoreFlowIfNullOrEmpty([b]),"")', 'B'],
  ])('%s', (text, value) => {
    const read = (name: string) => name.replace(/_.*/, '').toUpperCase();
    expect(parseExpression(text).evaluate(read).value).toBe(value);
  });

  test('attributes are named once, as written, from left to right', () => {
    const text = 'Join([sep], [b], IIF([c]=[b], [C], [b]))';
    expect(parseExpression(text)).toMatchObject({ text, attributes: ['sep', 'b', 'c', 'C'], volatile: [] });
  });

  test('functions that differ at every evaluation are named once', () => {
    const text = 'Join("", Guid(), Now(), RandomString(4,1,1,1,1), Now())';
    expect(parseExpression(text).volatile).toEqual(['Guid', 'Now', 'RandomString']);
  });

  test('Redact anywhere marks the result, whichever branch is taken', () => {
    const { redacted } = parseExpression('IIF([a]="x", Redact([b]), [c])').evaluate(() => 'y');
    expect(redacted).toBe(true);
  });
});
