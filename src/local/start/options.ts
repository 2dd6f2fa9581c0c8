import { parseArgs } from 'node:util';

/** What was typed after `npm start --`. */
export interface StartOptions {
  readonly action:
    | { readonly kind: 'help' }
    /** `once`: to the end of the tour instead of until Ctrl-C. `json`: the result as the last line of stdout. */
    | { readonly kind: 'run'; readonly once: boolean; readonly json: boolean };
  /** File with real settings; when it does not exist, everything is local. */
  readonly settingsFile: string;
  /** The local Databricks without its published request limits. */
  readonly noLimits: boolean;
}

/** What was typed cannot be meant. The message says what and points to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DEFAULT_SETTINGS_FILE = 'local.settings.json';

export const HELP = `Usage: npm start [-- options]

Runs the provisioning pipeline on this machine: against a local cloud with an example tenant, or, when
${DEFAULT_SETTINGS_FILE} exists, against the tenant, Service Bus and Databricks account that it names
(see local.settings.sample.json).

  (none)           initial cycle, then every live change as it is applied, until Ctrl-C
  --once           initial cycle, a tour of live changes (local only), a full comparison; exits 0 when converged
  --json           with --once: the last line of standard output is one JSON object, all else goes to standard error
  --settings FILE  another settings file than ${DEFAULT_SETTINGS_FILE}
  --no-limits      the local Databricks without its published request limits
  --help           this text

What is held, plans, dead letters: npm run ops -- --help

Exit codes: 0 done or converged, 1 failed or not converged, 2 wrong use, 130 interrupted.
`;

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): StartOptions {
  const { help, once, json, settings, 'no-limits': noLimits } = parse(args);
  if (!help && json && !once) throw wrong('--json needs --once');
  return {
    action: help ? { kind: 'help' } : { kind: 'run', once, json },
    settingsFile: settings ?? DEFAULT_SETTINGS_FILE,
    noLimits,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { ...flag, short: 'h' },
        once: flag,
        json: flag,
        'no-limits': flag,
        settings: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

function wrong(what: string): UsageError {
  return new UsageError(`${what}. See: npm start -- --help`);
}
