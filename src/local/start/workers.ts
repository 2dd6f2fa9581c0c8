import { sleep } from '../../identity/clock.ts';
import { startWorker, type WorkerOptions, type WorkerProcess } from '../worker-process.ts';

/** A worker that lives this long has come up for good, in milliseconds. */
const STEADY_MS = 30_000;
/** Ends in a row, none of them steady, after which starting it again is given up. */
const MOST_ENDS = 5;
const LONGEST_WAIT_MS = 5_000;

/** One scale group: on Flex Consumption each runs in instances of its own. */
export interface WorkerPlan extends Pick<WorkerOptions, 'functions' | 'httpPort'> {
  readonly name: string;
}

/** A worker ends as fast as it is started. The message holds its last words. */
export class WorkerGivesUp extends Error {
  override readonly name = 'WorkerGivesUp';
}

interface WorkersOptions {
  readonly appRoot: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLog: (worker: string, line: string) => void;
  /** A worker ended by itself, or could not be started again. */
  readonly onFailure: (error: WorkerGivesUp) => void;
}

/** The workers of one app; one that dies is started again, as the platform does it. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #workers: Supervised[] = [];

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** Starts them at the same time. @throws with the words of the one that does not start. */
  async start(plans: readonly WorkerPlan[]): Promise<void> {
    const added = plans.map(plan => new Supervised(plan, this.#options));
    this.#workers.push(...added);
    await Promise.all(added.map(worker => worker.start()));
  }

  /** Fires a timer through the admin API of whoever runs it. */
  async fire(timer: string): Promise<void> {
    await this.#workers.find(({ plan }) => plan.functions?.includes(timer))?.fire(timer);
  }

  /** SIGTERM to all; resolves when they have ended. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.stop()));
  }

  /** SIGKILL to all, at once. */
  kill(): void {
    for (const worker of this.#workers) worker.kill();
  }
}

class Supervised {
  readonly plan: WorkerPlan;
  readonly #options: WorkersOptions;
  readonly #closing = new AbortController();
  readonly #last: string[] = [];
  #current: WorkerProcess | undefined;
  #starting: Promise<void> | undefined;
  #ends = 0;

  constructor(plan: WorkerPlan, options: WorkersOptions) {
    this.plan = plan;
    this.#options = options;
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async fire(timer: string): Promise<void> {
    await this.#starting;
    await this.#current?.fire(timer);
  }

  async stop(): Promise<void> {
    this.#closing.abort(new Error('the workers are stopping'));
    await this.#starting?.catch(() => undefined);
    await this.#current?.stop();
  }

  kill(): void {
    this.#closing.abort(new Error('the workers are stopping'));
    this.#current?.process.kill('SIGKILL');
  }

  async #start(): Promise<void> {
    const { appRoot, env, onLog } = this.#options;
    const { name, functions, httpPort } = this.plan;
    const startedAt = performance.now();
    const worker = await startWorker({
      appRoot,
      env,
      functions,
      httpPort,
      onLog: line => {
        this.#last.push(line);
        if (this.#last.length > 20) this.#last.shift();
        onLog(name, line);
      },
    });
    this.#current = worker;
    if (httpPort !== undefined && new URL(worker.httpUrl ?? '').port !== String(httpPort)) {
      // Graph knows the old address: a worker elsewhere would wait in vain.
      await worker.kill();
      throw new Error(`port ${httpPort} is taken`);
    }
    worker.process.once('exit', (code, signal) => {
      if (this.#closing.signal.aborted) return;
      if (performance.now() - startedAt > STEADY_MS) this.#ends = 0;
      onLog(name, `error: the worker ended (${signal ?? code}) and is started again`);
      this.#starting = this.#startAgain();
    });
  }

  async #startAgain(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#ends += 1;
      if (this.#ends > MOST_ENDS) {
        this.#options.onFailure(
          new WorkerGivesUp(`the worker ${this.plan.name} keeps ending:\n${this.#last.join('\n')}`),
        );
        return;
      }
      try {
        await sleep(Math.min(250 * 2 ** (this.#ends - 1), LONGEST_WAIT_MS), signal);
        await this.#start();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onLog(
          this.plan.name,
          `error: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}
