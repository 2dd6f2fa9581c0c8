/**
 * For error texts: the name that somebody most likely meant, in whatever case. It is within one slip of the keyboard,
 * or two in a name of ten characters or more: beyond, a suggestion is more often wrong than right.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const folded = name.toLowerCase();
  const [best] = Array.from(known, candidate => ({
    candidate,
    slips: slipsBetween(folded, candidate.toLowerCase()),
  }))
    .filter(({ candidate, slips }) => slips <= (candidate.length < 10 ? 1 : 2))
    .sort((a, b) => a.slips - b.slips);
  return best?.candidate;
}

/** Characters to insert, leave out, replace or swap with their neighbour to make one word of the other. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const slips = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      ];
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        slips.push(at(beforeLast, column - 2) + 1);
      current.push(Math.min(...slips));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
