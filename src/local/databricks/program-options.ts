import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What was typed after `npm run local:databricks --`. */
export interface ProgramOptions {
  readonly port: number;
  readonly accountId: string;
  readonly workspaces: readonly { readonly name: string; readonly federated: boolean }[];
  readonly operatorToken?: string;
  readonly noLimits: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** What was typed cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `Usage: npm run local:databricks -- [options]

An Azure Databricks account on this machine, on 127.0.0.1 alone: SCIM of the account and of its workspaces,
permission assignments, OAuth, automatic identity management, and the limits and traps of the real service.
Nothing is kept: it starts empty, and forgets everything at Ctrl-C.

  --port N                     of the account; a free one when left out
  --account GUID               the account id; a new one when left out
  --workspace NAME[:federated] a workspace on a port of its own; may be given several times
  --token TOKEN                the operator token; a new one when left out. It opens everything, the control API too
  --no-limits                  without the published request limits
  --json                       the addresses as one line of JSON
  --help                       this text

What can be set while it runs, and how: docs/local-databricks.md
`;

/** @throws {UsageError} */
export function readProgramOptions(args: readonly string[]): ProgramOptions {
  const { port, account, workspace, token, json, help, ...flags } = parse(args);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new UsageError(`--port ${port}: a port is a number up to 65535`);
  }
  if (account !== undefined && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(account)) {
    throw new UsageError(`--account ${account}: an account id is a GUID`);
  }
  if (token === '') throw new UsageError('--token: a token is not empty');
  return {
    port: Number(port ?? 0),
    accountId: account ?? randomUUID(),
    workspaces: (workspace ?? []).map(workspaceOf),
    operatorToken: token,
    noLimits: flags['no-limits'],
    json,
    help,
  };
}

function workspaceOf(text: string): { name: string; federated: boolean } {
  const [name = '', mode, ...more] = text.split(':');
  if (name === '' || more.length > 0 || (mode !== undefined && mode !== 'federated')) {
    throw new UsageError(`--workspace ${text}: expected NAME or NAME:federated`);
  }
  return { name, federated: mode === 'federated' };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: text,
        account: text,
        workspace: { ...text, multiple: true },
        token: text,
        'no-limits': flag,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}
