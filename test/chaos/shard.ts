/** One process of `run.ts`: lives through the histories that it is sent. */
import { historyOf } from './history.ts';
import { live } from './live.ts';
import type { ShardReport } from './shards.ts';

process.on('message', seed => void tell(Number(seed)));
process.on('disconnect', () => process.exit());

let workerSeconds = 0;

async function tell(seed: number): Promise<void> {
  const report = await live(historyOf(seed));
  workerSeconds += report.workerSeconds;
  const { user, system } = process.cpuUsage();
  // The story and the log of what went well would only be carried about.
  const told = report.problems.length > 0 ? report : { ...report, story: [], log: [] };
  const said: ShardReport = {
    report: told,
    cpuSeconds: (user + system) / 1e6 + workerSeconds,
  };
  process.send?.(said);
}
