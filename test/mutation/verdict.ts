/** What a mutation run says of the tests: how many mutants lived, and whether each of them is known to change nothing. */

/** The part of Stryker's JSON report that is read here (schema: mutation-testing-report-schema, version 2). */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly replacement: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

/** Both count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mutant that no test can tell from the code. Found by its text, so that moving a line does not lose it. */
export interface Equivalent {
  readonly file: string;
  /** The line that it begins in, without the blanks around it. */
  readonly line: string;
  readonly from: string;
  readonly to: string;
  /** Why nobody can tell. */
  readonly reason: string;
}

/** A mutant that no test noticed. */
export interface Survivor {
  readonly file: string;
  readonly at: Place;
  readonly line: string;
  readonly from: string;
  readonly to: string;
}

export interface FileFigures {
  readonly file: string;
  readonly mutants: number;
  readonly killed: number;
  readonly survived: number;
  readonly equivalent: number;
}

export interface Verdict {
  readonly files: readonly FileFigures[];
  readonly survivors: readonly Survivor[];
  /** Entries of the list that no mutant, several mutants, or one that a test notices answers to. */
  readonly stale: readonly (Equivalent & { readonly why: string })[];
  /** Mutants that came to no end: the run says nothing about them. */
  readonly undecided: number;
  /** Of the mutants that are not equivalent. */
  readonly survivedPercent: number;
}

interface Seen extends Survivor {
  readonly fate: 'killed' | 'survived' | 'undecided';
  /** It never came to its end. On a busy machine that may happen to any mutant. */
  readonly isTimeout: boolean;
}

/** @param isPartial only some files were mutated: what is listed of the others is not looked for */
export function judge(report: MutationReport, listed: readonly Equivalent[], isPartial = false): Verdict {
  const seen = Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(mutant => seenOf(file, lines, mutant));
  });
  const equivalent = new Set<Seen>();
  const stale: (Equivalent & { why: string })[] = [];
  for (const entry of listed.filter(({ file }) => !isPartial || Object.hasOwn(report.files, file))) {
    const matches = seen.filter(mutant => isSame(mutant, entry));
    const [match] = matches;
    if (match === undefined) stale.push({ ...entry, why: 'there is no such mutant' });
    else if (matches.length > 1) stale.push({ ...entry, why: 'several mutants are like that' });
    else if (match.fate === 'killed' && !match.isTimeout) stale.push({ ...entry, why: 'a test notices it' });
    else equivalent.add(match);
  }
  const survivors = seen.filter(mutant => mutant.fate === 'survived' && !equivalent.has(mutant));
  const files = Object.keys(report.files).map(file => {
    const own = seen.filter(mutant => mutant.file === file);
    const [others, same] = [own.filter(one => !equivalent.has(one)), own.filter(one => equivalent.has(one))];
    return {
      file,
      mutants: own.length,
      killed: others.filter(({ fate }) => fate === 'killed').length,
      survived: others.filter(({ fate }) => fate === 'survived').length,
      equivalent: same.length,
    };
  });
  const decidable = seen.length - equivalent.size;
  return {
    files,
    survivors,
    stale,
    undecided: seen.filter(({ fate }) => fate === 'undecided').length,
    survivedPercent: decidable === 0 ? 0 : (100 * survivors.length) / decidable,
  };
}

function seenOf(
  file: string,
  lines: readonly string[],
  { status, replacement, location: { start, end } }: Mutant,
): Seen {
  const rows = lines.slice(start.line - 1, end.line);
  const last = rows.length - 1;
  const from = rows
    .map((row, index) =>
      row.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join('\n');
  return {
    file,
    at: start,
    line: (lines[start.line - 1] ?? '').trim(),
    from: oneLine(from),
    to: oneLine(replacement),
    fate: fateOf(status),
    isTimeout: status === 'Timeout',
  };
}

/** What nobody ran or what was kept from the run by a comment in the code has survived: only the list excuses it. */
function fateOf(status: string): Seen['fate'] {
  if (status === 'Killed' || status === 'Timeout') return 'killed';
  return ['Survived', 'NoCoverage', 'Ignored'].includes(status) ? 'survived' : 'undecided';
}

function isSame(mutant: Seen, { file, line, from, to }: Equivalent): boolean {
  return mutant.file === file && mutant.line === line && mutant.from === from && mutant.to === to;
}

function oneLine(code: string): string {
  return code.replaceAll(/\s+/g, ' ').trim();
}
