import { randomBytes, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Binding, InvocationResponse } from './core-types.ts';
import { readHostJson } from './host-json.ts';
import { createHttpFront, type HttpFront } from './http-trigger.ts';
import { createHostLog, type HostLog } from './log.ts';
import { type ServiceBusTrigger, startServiceBusTrigger } from './service-bus-trigger.ts';
import { type SettlementService, startSettlementService } from './settlement-service.ts';
import { createTimers, type Timers } from './timer-trigger.ts';
import { type TriggerCall, Worker } from './worker.ts';

/** Milliseconds that the host gives functions to end. Source: azure-functions-host, WorkerTerminate grace period. */
const GRACE_MS = 5_000;

/** What to run, and how. */
export interface FunctionsHostOptions {
  /** Folder with package.json and host.json. */
  appRoot: string;
  /** Glob of the entry files, relative to `appRoot`. Default: `main` of package.json. */
  entry?: string;
  /** Names of the functions that run here, as in one scale group of Flex Consumption. Default: all. */
  functions?: string[];
  /** Default, also when that one is in use: a free port. */
  httpPort?: number;
  /** Key of HTTP functions that ask for one. Default: random. */
  functionKey?: string;
  /** App settings, for connections and `%NAME%`. Default: the environment. */
  settings?: NodeJS.ProcessEnv;
  /** Called when a function ran longer than `functionTimeout`: the real host then kills the worker. */
  onTimeout?: (name: string) => void;
}

/** A running Functions host with its one worker, this process. */
export interface FunctionsHost {
  readonly httpUrl: string | undefined;
  /** Names of the functions that run here. */
  readonly functions: string[];
  readonly functionKey: string;
  /** Invocations that have not ended. */
  readonly inFlight: number;
  /** Runs a timer function now. @throws what it threw. */
  invokeTimer(name: string): Promise<void>;
  /** Takes no more messages and timers, and waits until the running invocations have ended. HTTP goes on. */
  drain(): Promise<void>;
  /**
   * Stops as on SIGTERM: no new work, `appTerminate` hooks, up to `graceMs` (default 5 s) for running invocations,
   * then the connections are cut. Messages still in flight are neither completed nor abandoned.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts the Functions host for one app in this process. One host at a time per process, as each is its own worker.
 *
 * @throws EntryPointError when the app cannot be loaded; otherwise the reason why a trigger could not start.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const appRoot = resolve(options.appRoot);
  const json = readHostJson(appRoot);
  const host = new Host(options, createHostLog(json.logLevels), json.functionTimeoutMs);
  try {
    await host.start(appRoot, json);
    return host;
  } catch (error) {
    await host.close(0);
    throw error;
  }
}

class Host implements FunctionsHost {
  readonly functionKey: string;
  httpUrl: string | undefined;
  functions: string[] = [];
  inFlight = 0;
  readonly #options: FunctionsHostOptions;
  readonly #settings: NodeJS.ProcessEnv;
  readonly #log: HostLog;
  readonly #timeoutMs: number;
  readonly #worker: Worker;
  readonly #timers: Timers;
  readonly #triggers: ServiceBusTrigger[] = [];
  readonly #running = new Set<{ name: string; startedAt: number }>();
  #http: HttpFront | undefined;
  #settlement: SettlementService | undefined;
  #workerArgs: string[] = [];
  #watch: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: FunctionsHostOptions, log: HostLog, timeoutMs: number) {
    this.#options = options;
    this.#settings = options.settings ?? process.env;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#worker = new Worker(log);
    this.functionKey = options.functionKey ?? randomBytes(24).toString('base64url');
    this.#timers = createTimers((name, inputs) => this.#run(name, { inputs }), this.#settings);
  }

  async start(appRoot: string, json: ReturnType<typeof readHostJson>): Promise<void> {
    this.#settlement = await startSettlementService();
    this.#addWorkerArguments(this.#settlement.uri);
    await this.#worker.load(appRoot, this.#options.entry);
    this.functions = this.#chooseFunctions();

    this.#http = createHttpFront({
      routePrefix: json.routePrefix,
      functionKey: this.functionKey,
      run: (name, inputs) => this.#run(name, { inputs }),
      hasTimer: name => this.#timers.has(name),
      fireTimer: name => void this.#timers.invoke(name).catch(() => undefined),
    });
    const queues: { name: string; binding: Binding }[] = [];
    for (const name of this.functions) {
      const binding = this.#triggerOf(name);
      const type = binding.type.toLowerCase();
      if (type === 'httptrigger') this.#http.add(name, binding);
      else if (type === 'timertrigger') this.#timers.add(name, binding);
      else if (type === 'servicebustrigger') queues.push({ name, binding });
      else throw new Error(`${name}: a ${binding.type} is not imitated by the local host`);
    }
    this.httpUrl = await this.#http.listen(this.#options.httpPort ?? 0);
    for (const { name, binding } of queues) {
      const trigger = await startServiceBusTrigger({
        name,
        binding,
        host: json.serviceBus,
        settings: this.#settings,
        log: this.#log,
        held: this.#settlement.held,
        run: (called, inputs, triggerMetadata, traceParent) =>
          this.#run(called, { inputs, triggerMetadata, ...(traceParent !== undefined && { traceParent }) }),
      });
      this.#triggers.push(trigger);
    }
    this.#timers.start();
    this.#watch = setInterval(() => this.#checkTimeouts(), 500);
    this.#watch.unref();
  }

  invokeTimer(name: string): Promise<void> {
    return this.#timers.invoke(name);
  }

  async drain(): Promise<void> {
    this.#timers.stop();
    await Promise.all(this.#triggers.map(trigger => trigger.stop()));
    await this.#whenIdle();
  }

  close(graceMs = GRACE_MS): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#http?.stop();
    this.#timers.stop();
    const stopped = this.#triggers.map(trigger => trigger.stop());
    const terminated = this.#worker.terminate().catch((error: unknown) => {
      this.#log.system('host', 'error', `appTerminate hook failed: ${String(error)}`);
    });
    await within(graceMs, Promise.all([...stopped, terminated, this.#whenIdle()]));
    clearInterval(this.#watch);
    this.#worker.unload();
    await within(2_000, Promise.all(this.#triggers.map(trigger => trigger.close())));
    await this.#http?.close();
    await this.#settlement?.close();
    process.argv = process.argv.filter(arg => !this.#workerArgs.includes(arg));
  }

  async #run(name: string, call: TriggerCall): Promise<InvocationResponse> {
    const called = this.#worker.functions.get(name);
    if (called === undefined) throw new Error(`${name} is not a function of this app`);
    const invocation = { name, startedAt: performance.now() };
    this.#running.add(invocation);
    this.inFlight += 1;
    try {
      return await this.#worker.invoke(called, call);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#log.system(name, 'error', `Executed 'Functions.${name}' (Failed): ${text}`);
      throw error;
    } finally {
      this.#running.delete(invocation);
      this.inFlight -= 1;
      if (this.inFlight === 0) for (const wake of this.#idle.splice(0)) wake();
    }
  }

  async #whenIdle(): Promise<void> {
    while (this.inFlight > 0) await new Promise<void>(wake => this.#idle.push(wake));
  }

  #chooseFunctions(): string[] {
    const known = [...this.#worker.functions.keys()];
    const wanted = this.#options.functions;
    if (wanted === undefined) return known;
    for (const name of wanted)
      if (!known.includes(name)) throw new Error(`the app has no function "${name}"`);
    return wanted;
  }

  #triggerOf(name: string): Binding {
    const bindings = this.#worker.functions.get(name)?.metadata.bindings ?? {};
    const found = Object.entries(bindings).find(([, binding]) => /trigger$/i.test(binding.type));
    if (found === undefined) throw new Error(`${name} has no trigger`);
    return { ...found[1], name: found[0] };
  }

  /** What the host puts on the worker's command line. Source: azure-functions-host, WorkerProcessFactory. */
  #addWorkerArguments(uri: string): void {
    this.#workerArgs = [
      '--functions-uri',
      uri,
      '--functions-worker-id',
      randomUUID(),
      '--functions-request-id',
      randomUUID(),
      '--functions-grpc-max-message-length',
      '2147483647',
    ];
    process.argv.push(...this.#workerArgs);
  }

  /** Not by the wall clock: a test that moves it by hours does not run for hours. */
  #checkTimeouts(): void {
    for (const invocation of this.#running) {
      if (performance.now() - invocation.startedAt < this.#timeoutMs) continue;
      this.#running.delete(invocation);
      this.#log.system(invocation.name, 'critical', `Timeout value of ${this.#timeoutMs} ms was exceeded.`);
      this.#options.onTimeout?.(invocation.name);
    }
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>(done => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
