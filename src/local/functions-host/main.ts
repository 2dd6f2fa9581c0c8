/** The Functions host as a program: `node main.ts --app <folder> [--entry <glob>] [--functions a,b] [--http-port N]`. */
import { flushCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startFunctionsHost } from './host.ts';

const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    entry: { type: 'string' },
    functions: { type: 'string' },
    'http-port': { type: 'string' },
    'function-key': { type: 'string' },
  },
});
if (values.app === undefined) {
  process.stderr.write(
    'usage: --app <folder> [--entry <glob>] [--functions a,b] [--http-port N] [--function-key K]\n',
  );
  process.exit(2);
}
const appRoot = resolve(values.app);
// A worker runs in the folder of its app. Source: azure-functions-host, RpcWorkerProcess.
process.chdir(appRoot);
const httpPort = Number(values['http-port'] ?? 0);

// What the platform sets for every app of this kind.
process.env.FUNCTIONS_WORKER_RUNTIME ??= 'node';
process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';

let stop: (() => void) | undefined;
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    if (stop === undefined) process.exit(0);
    stop();
  });
}
// Whoever started us is gone, perhaps killed: nothing may be left running.
process.on('disconnect', () => process.exit(1));

try {
  const host = await startFunctionsHost({
    appRoot,
    httpPort,
    ...(values.entry !== undefined && { entry: values.entry }),
    ...(values.functions !== undefined && { functions: values.functions.split(',').filter(Boolean) }),
    ...(values['function-key'] !== undefined && { functionKey: values['function-key'] }),
    // The real host kills the worker and starts another one.
    onTimeout: () => process.exit(1),
  });
  stop = () => void host.close().then(() => process.exit(0));
  if (stopping) stop();
  // Where there is a cache it is written at the end of a process, and most of these are killed.
  flushCompileCache();
  if (process.send) process.send({ type: 'ready', httpUrl: host.httpUrl, functions: host.functions });
  else process.stdout.write(`${JSON.stringify({ httpUrl: host.httpUrl, functions: host.functions })}\n`);
} catch (error) {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `\n${cause.stack}` : '';
  process.stderr.write(`${message}${reason}\n`);
  process.exit(1);
}
