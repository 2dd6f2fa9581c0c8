import { compose } from '../app.ts';
import { readSettings } from '../config/settings.ts';
import { isMissingTable } from '../state/row-store.ts';
import { type Command, type CommandResult, NotThere } from './command.ts';
import { commands } from './commands/all.ts';
import { COMMON, given, readArguments, type Values } from './options.ts';
import { UsageError } from './usage-error.ts';

/** What was typed, understood. */
export interface Invocation {
  /** Undefined when it is the help that is wanted. */
  readonly command: Command | undefined;
  readonly names: readonly string[];
  readonly values: Values;
}

/** @throws {UsageError} */
export function understand(args: readonly string[]): Invocation {
  const { values, positionals } = readArguments(args);
  if (values.help || positionals.length === 0) return { command: undefined, names: [], values };
  const command = commandOf(positionals);
  const names = positionals.slice(command.words.split(' ').length);
  const wrong = {
    none: names.length > 0 && 'no further words',
    one: names.length !== 1 && `one ${command.usage}`,
    some: names.length === 0 && command.usage,
    any: false,
  }[command.names];
  if (wrong !== false) throw new UsageError(`\`${command.words}\` takes ${wrong}`);
  const strange = given(values).find(
    option => !command.options.includes(option) && !COMMON.some(common => common === option),
  );
  if (strange !== undefined) throw new UsageError(`\`${command.words}\` does not take --${strange}`);
  return { command, names, values };
}

/** `holds` alone lists them, like `dead-letters`. The longest words count: `plan approve` is not `plan` of something. */
function commandOf(positionals: readonly string[]): Command {
  const typed = positionals.join(' ');
  const found = commands
    .filter(({ words }) => typed === words || typed.startsWith(`${words} `))
    .toSorted((a, b) => b.words.length - a.words.length)[0];
  const list = commands.find(({ words }) => words === `${typed} list`);
  if (found !== undefined) return found;
  if (list !== undefined) return { ...list, words: typed };
  throw new UsageError(`there is no command ${positionals.slice(0, 2).join(' ')}`);
}

/** Carries a command out against what the settings name. The environment holds them already. */
export async function carryOut(
  { names, values }: Invocation,
  command: Command,
  env: Readonly<Record<string, string>>,
  o: { signal: AbortSignal; note: (line: string) => void },
): Promise<CommandResult> {
  const settings = readSettings(env);
  const app = compose(settings, silent);
  try {
    return await command.run({ app, settings, values, names, ...o });
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    throw new NotThere('this storage account holds no state of the app: has it run with it?', {
      cause: error,
    });
  } finally {
    await app.stop();
  }
}

/** What happens is told by the result; the app's own lines are for the log of a deployment. */
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
