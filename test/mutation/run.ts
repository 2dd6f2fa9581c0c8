/**
 * `npm run test:mutation`: changes the pure code line by line, in every way that Stryker knows, and runs the tests
 * against each change. `-- --mutate src/planning/compare.ts` for some files only; `-- --minutes 40` on a busy machine.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { toolPath } from '../../scripts/root.mjs';
import { readEquivalents } from './equivalent.ts';
import { judge, type MutationReport, type Verdict } from './verdict.ts';

const CONFIG = 'test/mutation/stryker.config.json';
const REPORT = '.local/mutation/report.json';
const LONGEST_MINUTES = 15;
/** Of a hundred mutants that are not equivalent. */
const MOST_SURVIVE = 5;

const { args, minutes } = understood(process.argv.slice(2));
const listed = readEquivalents();
rmSync(REPORT, { force: true });
const begin = performance.now();
const end = await runStryker();
const seconds = (performance.now() - begin) / 1_000;
const problems = end === undefined ? [] : [end];
if (end === undefined) {
  const verdict = judge(read(REPORT) as MutationReport, listed, args.length > 0);
  console.log(table(verdict));
  problems.push(...problemsOf(verdict));
}
console.log(`${clock(seconds)}, ${clock(cpuSecondsOfChildren())} of CPU time`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/** What Stryker is given, and how long it may take. */
function understood(typed: readonly string[]): { args: readonly string[]; minutes: number } {
  const at = typed.indexOf('--minutes');
  if (at < 0) return { args: typed, minutes: LONGEST_MINUTES };
  const minutes = Number(typed[at + 1]);
  if (!(minutes > 0)) throw new RangeError('--minutes takes a number above zero');
  return { args: typed.toSpliced(at, 2), minutes };
}

/** Undefined, or why there is no report. */
async function runStryker(): Promise<string | undefined> {
  const command = [toolPath('@stryker-mutator/core', 'stryker'), 'run', CONFIG, ...args];
  // A group of its own, so that none of its processes is left over.
  const child = spawn(process.execPath, command, { stdio: 'inherit', detached: true });
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped = why;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => stop(`it takes more than ${minutes} minutes`), minutes * 60_000);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...how) => resolve(how));
  });
  clearTimeout(timer);
  for (const name of signals) process.off(name, stop);
  if (stopped !== undefined) return `the run was stopped: ${stopped}`;
  return code === 0 ? undefined : `Stryker ended with ${code ?? signal}`;
}

function problemsOf({ survivors, survivedPercent, stale, undecided }: Verdict): string[] {
  const percent = `${survivedPercent.toFixed(1)} %`;
  return [
    ...(survivedPercent > MOST_SURVIVE
      ? [`${percent} of the mutants survived (${survivors.length}), at most ${MOST_SURVIVE} % may`]
      : []),
    ...stale.map(
      ({ file, line, from, to, why }) => `equivalent.json: ${why}: ${file} | ${line} | ${from} → ${to}`,
    ),
    ...(undecided > 0 ? [`${undecided} mutants came to no end`] : []),
  ];
}

function table({ files, survivors, survivedPercent }: Verdict): string {
  const sum = (of: 'mutants' | 'killed' | 'survived' | 'equivalent'): number =>
    files.reduce((all, file) => all + file[of], 0);
  const total = {
    file: 'all',
    mutants: sum('mutants'),
    killed: sum('killed'),
    survived: sum('survived'),
    equivalent: sum('equivalent'),
  };
  const width = Math.max(...files.map(({ file }) => file.length));
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    name.padEnd(width) + cells.map(cell => String(cell).padStart(12)).join('');
  return [
    ...survivors.map(({ file, at, from, to }) => `survived: ${file}:${at.line}:${at.column} ${from} → ${to}`),
    row('file', 'mutants', 'killed', 'survived', 'equivalent'),
    ...[...files, total].map(one => row(one.file, one.mutants, one.killed, one.survived, one.equivalent)),
    `${survivedPercent.toFixed(1)} % of those that are not equivalent survived`,
  ].join('\n');
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** 0 where the system does not say. */
function cpuSecondsOfChildren(): number {
  try {
    const [, fields = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ');
    // proc(5): cutime and cstime are the fields 16 and 17, of which two stand before the bracket; 100 are a second.
    const [user = 0, system = 0] = fields.split(' ').slice(13, 15).map(Number);
    return (user + system) / 100;
  } catch {
    return 0;
  }
}

function clock(duration: number): string {
  return `${Math.floor(duration / 60)} min ${Math.round(duration % 60)} s`;
}
