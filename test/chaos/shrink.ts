import { type History, kept } from './history.ts';
import { live, type Report } from './live.ts';

const LONGEST_MS = 10 * 60_000;

/** Leaves out as many steps as it can for the same thing to go wrong, for ten minutes at most. @returns what is left, in words */
export async function shrunk(history: History, report: Report): Promise<string> {
  const begin = performance.now();
  const wrong = sortOf(report);
  let steps = history.steps.map((_, index) => index);
  let smallest = report;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < steps.length; ) {
      if (performance.now() - begin > LONGEST_MS) return told(history, steps, smallest);
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      const tried = await live({ ...history, steps: kept(history.steps, new Set(fewer)) });
      if (tried.problems.length === 0 || sortOf(tried) !== wrong) from += size;
      else {
        steps = fewer;
        smallest = tried;
        console.log(`${steps.length} steps still fail`);
      }
    }
  }
  return told(history, steps, smallest);
}

/** The same thing about somebody else is the same thing. */
function sortOf({ problems }: Report): string {
  return (problems[0] ?? '').replaceAll(/[0-9a-f-]{36}|\(.*?\)|\d+/g, '').slice(0, 60);
}

function told(history: History, left: readonly number[], { story, problems }: Report): string {
  const gone = history.steps.map((_, index) => index).filter(index => !left.includes(index));
  return [
    ...story,
    ...problems,
    `npm run test:chaos -- --replay ${history.seed} --without ${ranges(gone)}`,
  ].join('\n');
}

function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
