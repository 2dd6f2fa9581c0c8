/** `npm start`: the whole pipeline on this machine, against a local cloud or against configured services. */
import { readSettingsFile } from '../config/settings-file.ts';
import { readStatus } from '../operations/status.ts';
import { startConfiguredSession } from './start/configured-session.ts';
import { initialCycle, subscribe } from './start/cycle.ts';
import { startLocalSession } from './start/local-session.ts';
import { failedResult, runOnce } from './start/once.ts';
import { HELP, readOptions, type StartOptions, UsageError } from './start/options.ts';
import { count, createScreen, duration, type Screen } from './start/screen.ts';
import type { Session } from './start/session.ts';
import { showLive, showSummary } from './start/show.ts';
import { Interrupted, onStopSignals } from './start/signals.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const { action } = options;
  if (action.kind === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const values = readSettingsFile(options.settingsFile);
  const screen = createScreen(action.json ? process.stderr : process.stdout);
  return run(options, action, values, screen);
}

async function run(
  options: StartOptions,
  { once, json }: { readonly once: boolean; readonly json: boolean },
  values: Record<string, string> | undefined,
  screen: Screen,
): Promise<number> {
  let session: Session | undefined;
  using signals = onStopSignals(screen, () => session?.kill());
  const startedAt = performance.now();
  const onFailure = (error: Error) => signals.fail(error);
  let result = 0;
  try {
    screen.line(
      values === undefined
        ? 'Starting the local cloud and the functions …'
        : `Starting with ${options.settingsFile} …`,
    );
    session =
      values === undefined
        ? await startLocalSession({ screen, noLimits: options.noLimits, onFailure })
        : await startConfiguredSession({ values, screen, onFailure });
    const shown = once ? await runToTheEnd(session) : await runUntilStopped(session);
    result = shown ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Interrupted) && json) printJson(failedResult(error));
    throw error;
  } finally {
    await session?.close();
  }
  return result;

  async function start(running: Session): Promise<boolean> {
    if (running.notificationUrl === undefined) {
      screen.line('NOTIFICATION_URL is not set: the poll alone hears of changes, within a minute or so.');
    }
    signals.signal.throwIfAborted();
    await subscribe(running, signals.signal);
    if (!(await initialCycle(running, screen, signals.signal))) {
      screen.line(
        'A target waits in plan-only: nothing but revocations is written until its plan is approved.',
      );
      screen.line(
        'See `npm run ops -- plan` and `npm run ops -- holds`, then `npm run ops -- plan approve`.',
      );
      return false;
    }
    screen.line('The initial cycle is done.');
    const letters = await running.deadLetters();
    showSummary(screen, running, {
      statuses: await readStatus(running.app),
      deadLettered: letters.reduce((sum, letter) => sum + letter.count, 0),
      tookMs: performance.now() - startedAt,
    });
    return true;
  }

  async function runToTheEnd(running: Session): Promise<boolean> {
    await start(running);
    const outcome = await runOnce(running, screen, signals.signal);
    screen.line(
      `${count(outcome.changes.length, 'live change')}, ${duration(performance.now() - startedAt)} in all.`,
    );
    if (json) printJson(outcome);
    return outcome.converged;
  }

  async function runUntilStopped(running: Session): Promise<boolean> {
    await start(running);
    const from = Date.now();
    screen.line('Live changes, until Ctrl-C:');
    try {
      return await showLive(screen, running, from, signals.signal);
    } catch (error) {
      // Ctrl-C is how a session ends that shows what happens.
      if (error instanceof Interrupted) return true;
      throw error;
    }
  }
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function explain(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (!(error instanceof Error)) {
    process.stderr.write(`${String(error)}\n`);
    return 1;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  // What is named by what happens next says all in its message. The rest is not foreseen: its stack is wanted.
  process.stderr.write(
    `${error.name === 'Error' || error.name.endsWith('TypeError') ? error.stack : `${error.name}: ${error.message}`}\n`,
  );
  return 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
