import { SyntaxProblem } from './errors.ts';
import type { AttributeNode, NumberNode, Operator, TextNode } from './syntax.ts';

export type Token =
  | TextNode
  | NumberNode
  | AttributeNode
  | { readonly kind: 'identifier'; readonly at: number; readonly value: string }
  | { readonly kind: 'operator'; readonly at: number; readonly value: Operator }
  | { readonly kind: '(' | ')' | ',' | 'end'; readonly at: number };

const space = /\s+/y;
const identifier = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const operator = /<>|<=|>=|[=<>]/y;
const decimal = /-?\d+(?:\.\d+)?/y;
const hexadecimal = /&[Hh]([0-9A-Fa-f]+)/y;
const afterNumber = /[\p{L}\p{Nd}_.]/uy;

/** What people write who expect another language, and what to write here. */
const otherLanguages: readonly (readonly [RegExp, string, string])[] = [
  [/&&|\|\|?/y, 'a comma or a closing parenthesis', 'there is no AND and no OR: nest one IIF in another'],
  [/==|!=/y, 'one of = <> > >= < <=', 'another comparison operator'],
  [/[&+]/y, 'a comma or a closing parenthesis', 'texts are put together with Join or Append'],
  [/[“”„‟]/y, 'a straight quotation mark "', 'a typographic quotation mark'],
  [/['‘’`]/y, 'a double quotation mark "', 'texts stand in double quotation marks'],
  [/\{|\}/y, 'a function, [attribute], "text" or number', 'braces belong into texts only'],
];

/** Cuts the text into tokens; the last one is `end`. @throws SyntaxProblem */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text) ?? undefined;
  };
  for (;;) {
    at += match(space)?.[0].length ?? 0;
    if (at >= text.length) return [...tokens, { kind: 'end', at: text.length }];
    const [token, next] = tokenAt(text, at, match);
    tokens.push(token);
    at = next;
  }
}

type Match = (pattern: RegExp) => RegExpExecArray | undefined;

function tokenAt(text: string, at: number, match: Match): [Token, number] {
  const first = text[at];
  if (first === '(' || first === ')' || first === ',') return [{ kind: first, at }, at + 1];
  if (first === '"') return textAt(text, at);
  if (first === '[') return attributeAt(text, at);
  const hex = match(hexadecimal);
  if (hex !== undefined) return numberToken(text, at, at + hex[0].length, hexadecimalValue(hex[1] ?? '', at));
  const digits = match(decimal);
  if (digits !== undefined) return numberToken(text, at, at + digits[0].length, decimalValue(digits[0], at));
  const name = match(identifier);
  if (name !== undefined) return [{ kind: 'identifier', at, value: name[0] }, at + name[0].length];
  for (const [pattern, expected, problem] of otherLanguages) {
    if (match(pattern) !== undefined) throw new SyntaxProblem(at, expected, problem);
  }
  const compare = match(operator);
  if (compare !== undefined) {
    return [{ kind: 'operator', at, value: compare[0] as Operator }, at + compare[0].length];
  }
  throw new SyntaxProblem(at, 'a function, [attribute], "text" or number', 'a character of no meaning');
}

function textAt(text: string, start: number): [TextNode, number] {
  const parts: string[] = [];
  const offsets: number[] = [];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') {
      return [{ kind: 'text', at: start, value: parts.join(''), offsets: [...offsets, at] }, at + 1];
    }
    offsets.push(at);
    if (text[at] === '\\') {
      at += 1;
      if (text[at] !== '\\' && text[at] !== '"') {
        throw new SyntaxProblem(
          at - 1,
          '\\\\ for a backslash or \\" for a quotation mark',
          'a lone backslash',
        );
      }
    }
    parts.push(text[at] ?? '');
  }
  throw new SyntaxProblem(start, 'a closing quotation mark', 'this text does not end');
}

function attributeAt(text: string, start: number): [AttributeNode, number] {
  const end = text.slice(start).search(/[\]"\r\n]/) + start;
  if (end < start || text[end] !== ']') {
    throw new SyntaxProblem(start, 'a closing bracket ]', 'this attribute name does not end');
  }
  const name = text.slice(start + 1, end);
  if (name.includes('[')) {
    throw new SyntaxProblem(start + 1 + name.indexOf('['), 'one attribute name', 'a bracket within brackets');
  }
  if (name === '' || name.trim() !== name) {
    throw new SyntaxProblem(start + 1, 'an attribute name without spaces around it');
  }
  return [{ kind: 'attribute', at: start, name }, end + 1];
}

function numberToken(text: string, at: number, end: number, value: bigint | number): [NumberNode, number] {
  afterNumber.lastIndex = end;
  if (afterNumber.test(text)) throw new SyntaxProblem(end, 'the end of the number');
  return [{ kind: 'number', at, value }, end];
}

/** Visual Basic reads `&H80000000` as negative, and Entra does not say what it does: refused rather than guessed. */
function hexadecimalValue(digits: string, at: number): bigint {
  const value = BigInt(`0x${digits}`);
  if (value > 0x7fff_ffffn) {
    throw new SyntaxProblem(
      at,
      'the decimal form',
      'above &H7FFFFFFF it is not defined which number is meant',
    );
  }
  return value;
}

function decimalValue(digits: string, at: number): bigint | number {
  if (digits.includes('.')) {
    const value = Number(digits);
    if (digits.length > 17) throw new SyntaxProblem(at, 'a number of at most 15 digits');
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  const value = BigInt(digits);
  if (BigInt.asIntN(64, value) === value) return value;
  throw new SyntaxProblem(at, 'a number within 64 bits');
}
