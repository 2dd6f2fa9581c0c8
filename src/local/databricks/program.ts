/** The local Databricks as a program: `npm run local:databricks`. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { HELP, type ProgramOptions, readProgramOptions, UsageError } from './program-options.ts';
import { type LocalDatabricks, startDatabricks } from './server.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs until `stop` is aborted.
 *
 * @param write what standard output is.
 * @returns the exit code: 0 after a stop or the help, 1 when it could not start, 2 for wrong use.
 */
export async function runProgram(
  args: readonly string[],
  write: (text: string) => void,
  stop: AbortSignal,
): Promise<number> {
  try {
    const options = readProgramOptions(args);
    if (options.help) {
      write(HELP);
      return 0;
    }
    await serve(options, write, stop);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    write(`${message}\n`);
    if (error instanceof UsageError) write('See: npm run local:databricks -- --help\n');
    return error instanceof UsageError ? 2 : 1;
  }
}

async function serve(
  options: ProgramOptions,
  write: (text: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const operatorToken = options.operatorToken ?? randomBytes(24).toString('base64url');
  const databricks = await startDatabricks({
    port: options.port,
    accountId: options.accountId,
    limits: options.noLimits ? 'off' : undefined,
    operatorToken,
    acceptToken: token => token === operatorToken,
  });
  try {
    databricks.scimTokens.push(`dsapi${randomBytes(24).toString('hex')}`);
    for (const workspace of options.workspaces) await databricks.addWorkspace(workspace);
    write(
      options.json
        ? `${JSON.stringify(addresses(databricks, operatorToken))}\n`
        : page(databricks, operatorToken),
    );
    if (!stop.aborted) await new Promise(resolve => stop.addEventListener('abort', resolve, { once: true }));
  } finally {
    await databricks.close();
  }
}

function addresses(databricks: LocalDatabricks, operatorToken: string) {
  const { accountId, url, scimUrl, scimUrl20, tokenUrl, scimTokens, workspaces } = databricks;
  return {
    accountId,
    url,
    scimUrl,
    scimUrl20,
    tokenUrl,
    controlUrl: `${url}/_local/`,
    operatorToken,
    scimToken: scimTokens[0],
    workspaces: [...workspaces.values()].map(workspace => ({
      id: workspace.id,
      name: workspace.name,
      federated: workspace.federated,
      url: workspace.url,
      scimUrl: workspace.scimUrl,
      proxyUrl: workspace.proxyUrl,
      resourceId: workspace.resourceId,
    })),
  };
}

function page(databricks: LocalDatabricks, operatorToken: string): string {
  const known = addresses(databricks, operatorToken);
  const lines = [
    ['Account', known.accountId],
    ['SCIM 2.1', known.scimUrl],
    ['SCIM 2.0', known.scimUrl20],
    ['OAuth tokens', known.tokenUrl],
    ['Control API', known.controlUrl],
    ['Operator token', known.operatorToken],
    ['SCIM token', `${known.scimToken} (SCIM 2.1 only)`],
    ...known.workspaces.flatMap(workspace => [
      ['', ''],
      ['Workspace', `${workspace.name} (${workspace.id}${workspace.federated ? ', federated' : ''})`],
      ['SCIM', workspace.scimUrl],
      ['Account SCIM', workspace.proxyUrl],
    ]),
  ];
  const text = lines.map(([name = '', value = '']) => `${name.padEnd(16)}${value}`.trimEnd()).join('\n');
  return `${text}\n\nUntil Ctrl-C.\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stopping = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => stopping.abort());
  process.exitCode = await runProgram(
    process.argv.slice(2),
    text => void process.stdout.write(text),
    stopping.signal,
  );
}
