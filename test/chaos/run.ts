/** `npm run test:chaos`: many random histories, a few at a time, and a table of what happened in them. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import setUp from '../harness/global-setup.ts';
import { historyOf, withoutSteps } from './history.ts';
import { live, type Report } from './live.ts';
import { runShards } from './shards.ts';
import { shrunk } from './shrink.ts';
import { countsOf, endsOf, tableOf, tooRare } from './table.ts';

const { values } = parseArgs({
  options: {
    /** How many histories. */
    histories: { type: 'string', default: '200' },
    /** The number of the first one; the others follow. */
    seed: { type: 'string', default: '1' },
    /** No history begins later than so many minutes after the first, however many are left. */
    minutes: { type: 'string', default: '600' },
    /** Processes. They wait as often as they compute. */
    jobs: { type: 'string', default: String(availableParallelism() + 2) },
    /** One history, told in full; with `--without 3,7-12` less some of its steps. */
    replay: { type: 'string' },
    without: { type: 'string', default: '' },
    /** With `--replay`: leaves out steps for as long as it still fails. */
    shrink: { type: 'boolean', default: false },
  },
});

await setUp();
process.exitCode = values.replay === undefined ? await all() : await one(Number(values.replay));
// The storage service of this process stays until its end, which waits for what was said to be read.
process.stdout.write('', () => process.exit());

async function all(): Promise<number> {
  const begin = performance.now();
  const first = Number(values.seed);
  const seeds = Array.from({ length: Number(values.histories) }, (_, index) => first + index);
  const reports: Report[] = [];
  const until = begin + Number(values.minutes) * 60_000;
  const cpuSeconds = await runShards(seeds, { jobs: Number(values.jobs), until }, report => {
    reports.push(report);
    if (report.problems.length > 0) console.log(`${told(report)}\nThe workers' words: ${kept(report)}`);
    const { seed, steps, seconds, problems } = report;
    console.log(
      `${reports.length} of ${seeds.length}, ${minutesSince(begin)}: history ${seed}, ${steps} steps, ` +
        `${seconds.toFixed(0)} s, ${problems.length === 0 ? 'all is well' : 'FAILED'}`,
    );
  });
  const failed = reports.filter(({ problems }) => problems.length > 0);
  const counts = countsOf(reports);
  console.log(tableOf(counts));
  const rare = seeds.length < 200 ? [] : tooRare(counts);
  for (const line of rare) console.log(line);
  const slowest = reports.toSorted((a, b) => b.seconds - a.seconds).slice(0, 3);
  console.log(
    `slowest: ${slowest.map(({ seed, seconds }) => `${seed} (${Math.round(seconds)} s)`).join(', ')}`,
  );
  console.log(endsOf(reports));
  const requests = reports.reduce((sum, report) => sum + report.requests, 0) / reports.length;
  console.log(
    `${reports.length} histories of ${Math.min(...reports.map(({ steps }) => steps))} to ${Math.max(...reports.map(({ steps }) => steps))} steps, ${minutesSince(begin)}, ` +
      `${Math.round(requests)} requests and ${(cpuSeconds / reports.length).toFixed(1)} CPU seconds each; ${failed.length} failed${failed.length > 0 ? `: ${failed.map(({ seed }) => seed)}` : ''}`,
  );
  return failed.length === 0 && rare.length === 0 && reports.length === seeds.length ? 0 : 1;
}

async function one(seed: number): Promise<number> {
  const history = withoutSteps(historyOf(seed), values.without);
  const report = await live(history);
  console.log(JSON.stringify(history.config));
  console.log([...report.story, ...report.log].join('\n'));
  console.log(told(report));
  if (report.problems.length > 0 && values.shrink) console.log(await shrunk(history, report));
  return report.problems.length === 0 ? 0 : 1;
}

function told({ seed, story, problems }: Report): string {
  const verdict = problems.length === 0 ? 'all is well' : problems.join('\n');
  return [
    `--- history ${seed}`,
    ...story,
    verdict,
    `Again: npm run test:chaos -- --replay ${seed}   Smaller: npm run test:chaos -- --replay ${seed} --shrink`,
    '---',
  ].join('\n');
}

/** A replay may meet other requests with its faults: what was logged this time is kept. @returns where */
function kept({ seed, log, story }: Report): string {
  const folder = fileURLToPath(new URL('../../.local/chaos/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = `${folder}history-${seed}.log`;
  writeFileSync(file, [...story, ...log].join('\n'));
  return file;
}

function minutesSince(begin: number): string {
  return `${((performance.now() - begin) / 60_000).toFixed(1)} min`;
}
