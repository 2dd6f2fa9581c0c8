import { parseArgs } from 'node:util';

/** What was typed after `npm start --`. */
export interface StartOptions {
  readonly action:
    | { readonly kind: 'help' }
    /** `once`: to the end of the tour instead of until Ctrl-C. `json`: the result as the last line of stdout. */
    | { readonly kind: 'run'; readonly once: boolean; readonly json: boolean }
    | { readonly kind: 'holds' }
    | { readonly kind: 'approve'; readonly id: string }
    | { readonly kind: 'reject'; readonly id: string }
    | { readonly kind: 'approve-plan'; readonly target: string | undefined };
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
  --holds          lists what is held back for a person to decide                     (needs configured settings)
  --approve ID     approves one of these                                              (needs configured settings)
  --reject ID      keeps one of these back until its reason changes                   (needs configured settings)
  --approve-plan   lets a target that waits in plan-only be written to                (needs configured settings)
  --target ID      with --approve-plan: that target alone, where several wait
  --settings FILE  another settings file than ${DEFAULT_SETTINGS_FILE}
  --no-limits      the local Databricks without its published request limits
  --help           this text

Exit codes: 0 done or converged, 1 failed or not converged, 2 wrong use, 130 interrupted.
`;

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): StartOptions {
  const { help, once, json, holds, approve, reject, target, settings, ...flags } = parse(args);
  const planned = flags['approve-plan'];
  const noLimits = flags['no-limits'];
  const doors = [
    holds && '--holds',
    approve !== undefined && '--approve',
    reject !== undefined && '--reject',
    planned && '--approve-plan',
  ].filter(Boolean);
  if (!help && doors.length > 1) throw wrong(`${doors.join(' and ')} do not go together`);
  if (!help && doors.length > 0 && once) throw wrong(`${doors[0]} and --once do not go together`);
  if (!help && json && !once) throw wrong('--json needs --once');
  if (!help && target !== undefined && !planned) throw wrong('--target needs --approve-plan');
  return { action: actionOf(), settingsFile: settings ?? DEFAULT_SETTINGS_FILE, noLimits };

  function actionOf(): StartOptions['action'] {
    if (help) return { kind: 'help' };
    if (holds) return { kind: 'holds' };
    if (approve !== undefined) return { kind: 'approve', id: approve };
    if (reject !== undefined) return { kind: 'reject', id: reject };
    if (planned) return { kind: 'approve-plan', target };
    return { kind: 'run', once, json };
  }
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
        holds: flag,
        'approve-plan': flag,
        'no-limits': flag,
        approve: { type: 'string' },
        reject: { type: 'string' },
        target: { type: 'string' },
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
