/** `npm run ops`: the command line for the people who look after a deployment. */
import { enterSettings, readSettingsFile } from '../config/settings-file.ts';
import { NotThere } from './command.ts';
import { EXIT, HELP } from './help.ts';
import { carryOut, understand } from './run.ts';
import { jsonText } from './text.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_SETTINGS_FILE = 'local.settings.json';

async function main(args: readonly string[]): Promise<number> {
  const invocation = understand(args);
  const { command, values } = invocation;
  if (command === undefined) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const path = values.settings ?? DEFAULT_SETTINGS_FILE;
  const env = readSettingsFile(path);
  if (env === undefined)
    throw new UsageError(`there is no ${path}: its form is that of local.settings.sample.json`);
  enterSettings(process.env, env);
  const stop = new AbortController();
  // What is in hand is finished; whatever is left is where it was. A second one ends the process at once.
  process.once('SIGINT', () => stop.abort(new Interrupted('stopped')));
  process.once('SIGTERM', () => stop.abort(new Interrupted('stopped')));
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  const {
    json,
    lines,
    isGood = true,
  } = await carryOut(invocation, command, env, { signal: stop.signal, note });
  process.stdout.write(values.json ? `${jsonText(json)}\n` : lines.map(line => `${line}\n`).join(''));
  return isGood ? EXIT.done : EXIT.failed;
}

class Interrupted extends Error {}

function explain(error: unknown): number {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}. See: npm run ops -- --help\n`);
    return EXIT.wrongUse;
  }
  process.stderr.write(`${error instanceof NotThere ? error.message : text}\n`);
  return error instanceof NotThere ? EXIT.notThere : EXIT.failed;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
