import { findNodeAtLocation, getNodeValue, type Node, parseTree, printParseErrorCode } from 'jsonc-parser';
import { placeIn } from '../identity/place-in-text.ts';

/** Where something stands in a file: an offset into its text. */
export interface Misplaced {
  readonly offset: number;
  readonly text: string;
}

/** A configuration file that is JSON, whatever its content: what it holds, and where. */
export interface ConfigText {
  readonly value: unknown;
  /** Where the value at that path stands; for one that is missing, where the nearest thing around it does. */
  offsetOf(path: readonly PropertyKey[]): number;
  /** Where the name of that property stands. */
  offsetOfKey(path: readonly PropertyKey[]): number;
}

/**
 * Reads JSON with comments and trailing commas. A name that stands twice in one object is refused as well: whichever
 * of the two were taken, somebody would wonder why the other does nothing.
 */
export function readConfigText(text: string): ConfigText | { readonly misplaced: readonly Misplaced[] } {
  const errors: { error: number; offset: number; length: number }[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (root === undefined) return { misplaced: [{ offset: 0, text: 'the file is empty' }] };
  if (errors.length > 0) return { misplaced: syntaxErrors(text, errors) };
  const repeated = [...repeatedNames(root)];
  if (repeated.length > 0) return { misplaced: repeated };
  return {
    value: getNodeValue(root),
    offsetOf: path => nodeAround(root, path).offset,
    offsetOfKey: path => {
      const node = nodeAround(root, path);
      return node.parent?.type === 'property' ? node.parent.offset : node.offset;
    },
  };
}

function nodeAround(root: Node, path: readonly PropertyKey[]): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length).filter(isSegment));
    if (node !== undefined) return node;
  }
  return root;
}

function isSegment(key: PropertyKey): key is string | number {
  return typeof key !== 'symbol';
}

const explanations: Readonly<Record<string, string>> = {
  CommaExpected: 'a comma is missing in front of this',
  ColonExpected: 'a colon is missing in front of this',
  PropertyNameExpected: 'a name in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  CloseBraceExpected: 'a closing brace } is missing',
  CloseBracketExpected: 'a closing bracket ] is missing',
  EndOfFileExpected: 'nothing may stand behind the end of the configuration',
  UnexpectedEndOfString: 'this text has no closing double quote on its line',
  UnexpectedEndOfComment: 'this comment has no end',
  InvalidEscapeCharacter: 'this text holds an escape that JSON does not know; a backslash is written \\\\',
  InvalidUnicode: 'this text holds a \\u that four hexadecimal digits do not follow',
  InvalidCharacter: 'this text holds a control character; a tab is written \\t, a line break \\n',
};

/** What the parser also says after another error, as its consequence. */
const consequences = new Set([
  'PropertyNameExpected',
  'ValueExpected',
  'CloseBraceExpected',
  'CloseBracketExpected',
  'EndOfFileExpected',
]);

/** The first error of each line: what follows it on the line is mostly its consequence. */
function syntaxErrors(
  text: string,
  errors: readonly { error: number; offset: number; length: number }[],
): readonly Misplaced[] {
  const found = new Map<number, Misplaced>();
  for (const { error, offset, length } of errors) {
    const code = printParseErrorCode(error);
    const { line } = placeIn(text, offset);
    if (found.has(line) || (consequences.has(code) && found.size > 0)) continue;
    const token = text.slice(offset, offset + Math.min(length, 40));
    const explanation = explanations[code] ?? `${token} is no JSON: names and text stand in double quotes`;
    found.set(line, { offset, text: explanation });
  }
  return [...found.values()];
}

function* repeatedNames(node: Node): Generator<Misplaced> {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    if (node.type === 'object') {
      const name: unknown = child.children?.[0]?.value;
      if (seen.has(name))
        yield { offset: child.offset, text: `${JSON.stringify(name)} stands here a second time` };
      seen.add(name);
    }
    yield* repeatedNames(child);
  }
}
