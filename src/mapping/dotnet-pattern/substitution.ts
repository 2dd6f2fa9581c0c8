import { type Match, type Pattern, PatternFailure } from './pattern.ts';

/** A piece of a replacement: text as it is, or a function of the match. */
type Piece = string | ((match: Match) => string);

export interface Substitution {
  /**
   * What the match becomes.
   * @throws PatternFailure when that is longer than `most` code units
   */
  expand(match: Match, most: number): string;
  /** The first `${name}` or `$number` of no group. .NET leaves it in the text as it is written. */
  readonly unknown: { readonly index: number; readonly name: string } | undefined;
}

const reference = /\$(?:\$|&|`|'|\+|_|(\d+)|\{(\w+)\})/gu;

/**
 * A replacement text with .NET's substitutions: `$1`, `${name}`, `$$`, `$&`, the text before and after the match, the
 * last group `$+` and the whole text `$_` (Microsoft Learn, "Substitutions in regular expressions").
 */
export function compileSubstitution(replacement: string, pattern: Pattern): Substitution {
  const pieces: Piece[] = [];
  let unknown: Substitution['unknown'];
  let end = 0;
  for (const found of replacement.matchAll(reference)) {
    pieces.push(replacement.slice(end, found.index));
    end = found.index + found[0].length;
    const name = found[1] ?? found[2];
    const piece = name === undefined ? special(found[0][1] ?? '', pattern) : groupPiece(name, pattern);
    if (piece === undefined) unknown ??= { index: found.index, name: name ?? '' };
    pieces.push(piece ?? found[0]);
  }
  pieces.push(replacement.slice(end));
  return { unknown, expand: (match, most) => expand(pieces, match, most) };
}

function expand(pieces: readonly Piece[], match: Match, most: number): string {
  let text = '';
  for (const piece of pieces) {
    text += typeof piece === 'string' ? piece : piece(match);
    if (text.length > most) throw new PatternFailure(`the replacement has more than ${most} characters`);
  }
  return text;
}

function groupPiece(name: string, pattern: Pattern): Piece | undefined {
  const number = pattern.groupNumber(/^\d+$/.test(name) ? String(BigInt(name)) : name);
  return number === undefined ? undefined : match => groupText(match, number);
}

function special(character: string, pattern: Pattern): Piece {
  switch (character) {
    case '&':
      return match => groupText(match, 0);
    case '`':
      return match => match.text.slice(0, match.group(0)?.[0]);
    case "'":
      return match => match.text.slice(match.group(0)?.[1]);
    case '+':
      return match => groupText(match, pattern.lastGroup);
    case '_':
      return match => match.text;
    default:
      return '$';
  }
}

/** The text of a group, empty where it took no part in the match. */
export function groupText(match: Match, number: number): string {
  const span = match.group(number);
  return span === undefined ? '' : match.text.slice(...span);
}
