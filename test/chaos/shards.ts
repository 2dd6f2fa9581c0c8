import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Report } from './live.ts';

const SHARD = fileURLToPath(new URL('./shard.ts', import.meta.url));
/** A process has storage accounts for so many worlds. */
const HISTORIES_PER_PROCESS = 100;

/** What a shard says: a report, with the CPU seconds that it and its workers took so far. */
export interface ShardReport {
  readonly report: Report;
  readonly cpuSeconds: number;
}

/**
 * Lives through histories in several processes, each of which asks for the next one when it is through.
 * @param until no history begins after this (of `performance.now`)
 * @returns CPU seconds of all processes
 */
export async function runShards(
  seeds: readonly number[],
  { jobs, until }: { readonly jobs: number; readonly until: number },
  onReport: (report: Report) => void,
): Promise<number> {
  const left = [...seeds];
  const next = (): number | undefined => (performance.now() < until ? left.shift() : undefined);
  const lanes = Array.from({ length: jobs }, async () => {
    let cpuSeconds = 0;
    while (left.length > 0 && performance.now() < until) cpuSeconds += await runShard(next, onReport);
    return cpuSeconds;
  });
  return (await Promise.all(lanes)).reduce((sum, one) => sum + one, 0);
}

/** One process for as many histories as it has accounts for. A process that dies takes its history with it, loudly. */
function runShard(next: () => number | undefined, onReport: (report: Report) => void): Promise<number> {
  const child: ChildProcess = fork(SHARD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let given = 0;
  let cpuSeconds = 0;
  let seed: number | undefined;
  const give = (): void => {
    seed = given < HISTORIES_PER_PROCESS ? next() : undefined;
    given += 1;
    if (seed === undefined) child.disconnect();
    else child.send(seed);
  };
  child.on('message', message => {
    const said = message as ShardReport;
    cpuSeconds = said.cpuSeconds;
    onReport(said.report);
    give();
  });
  give();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => {
      if (seed === undefined) resolve(cpuSeconds);
      else reject(new Error(`the process that lived through history ${seed} ended with ${code}`));
    });
  });
}
