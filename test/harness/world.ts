import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import { startLocalCloud } from '../../src/local/cloud.ts';
import { startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { startWorker, type WorkerProcess } from '../../src/local/worker-process.ts';
import { openState } from '../../src/state/state.ts';
import { createConfigFile } from './config-file.ts';
import { freePort } from './free-port.ts';
import { takeStorage } from './shared-storage.ts';
import { APPLICATION } from './tenant.ts';
import { createTestClock } from './test-clock.ts';
import { Traffic } from './traffic.ts';
import { APPLY, type ConfigPart, FEEDS, type World, type WorldOptions } from './world-types.ts';

export { APPLY, FEEDS };

const QUEUE = 'identity-changes';
const APP_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The clock's step while work may be waiting inside a worker. */
const STEP_MS = 200;
/** Its step while somebody has something in hand and does nothing but wait. */
const WAITING_STEP_MS = 500;
/** Steps in a row without any traffic after which they are taken to wait. */
const STILL_STEPS = 5;
/** Its step while nothing is active on the queue, and a test waits for something to begin. */
const CALM_STEP_MS = 1_000;
/** Longer than eight tries in vain can take, however late chance has each of them (milliseconds). */
const DRAINED_WITHIN_MS = 1_800_000;
/** Its longest step while nothing is active on the queue: no more than an owner's time between two lease renewals. */
const IDLE_STEP_MS = 10_000;

export type { World, WorldOptions };

export async function createWorld(options: WorldOptions): Promise<World> {
  const clock = createTestClock();
  clock.install();
  const accountId = randomUUID();
  const storageServer = await takeStorage();
  const account = storageServer.account(storageServer.accountName);
  const storage = await startStorageProxy(storageServer, account.name);
  const cloud = await startLocalCloud({
    tenantId: randomUUID(),
    accountId,
    applicationObjectId: APPLICATION,
    seed: options.seed,
    limits: options.limits,
    storage,
  });
  const traffic = new Traffic(cloud, storage);
  const webPort = await freePort();
  const configFile = createConfigFile({ ...cloud.settings, ...options.settings });
  const ofAccount = [`account-${accountId}`];
  let targets: readonly string[] = ofAccount;
  const settings: Record<string, string> = {
    ...cloud.settings,
    ...clock.env,
    NOTIFICATION_URL: `http://127.0.0.1:${webPort}/api/graph-notifications`,
    ...options.settings,
  };
  const configure = (config: ConfigPart): void => {
    configFile.write(config);
    targets = config.targets === undefined ? ofAccount : configFile.targets();
    // It says which account, where there is one.
    if (config.targets !== undefined) settings.DATABRICKS_ACCOUNT_ID = '';
    // A test that names a file of its own knows why.
    settings.PROVISIONING_CONFIG_FILE = options.settings?.PROVISIONING_CONFIG_FILE ?? configFile.path;
  };
  const doors = [storage];
  const state = openState({ connectionString: account.connectionString });
  const logs: string[] = [];
  const workers: WorkerProcess[] = [];
  let still = 0;
  const stepMs = (): number => options.stepMs ?? (still < STILL_STEPS ? STEP_MS : WAITING_STEP_MS);

  const start: World['start'] = async (functions, env = {}) => {
    const web = functions.includes('graph-notifications');
    const worker = await startWorker({
      appRoot: options.appRoot ?? process.env.TEST_APP_ROOT ?? APP_ROOT,
      functions,
      env: { ...settings, ...env },
      ...(web ? { httpPort: webPort } : {}),
      onLog: line => logs.push(line),
    });
    workers.push(worker);
    return worker;
  };

  const step = async (length: () => number | Promise<number>): Promise<void> => {
    still = (await traffic.quiet()) ? 0 : still + 1;
    clock.advance(await length());
  };

  const until: World['until'] = (what, holds, withinMs) => advanceUntil(what, holds, withinMs, pace);

  const advanceUntil = async (
    what: string,
    holds: () => boolean | Promise<boolean>,
    withinMs = 120_000,
    length: () => number | Promise<number>,
  ): Promise<number> => {
    const begin = Date.now();
    for (;;) {
      if (await holds()) return Date.now() - begin;
      if (Date.now() - begin > withinMs) {
        throw new Error(
          `not within ${withinMs} ms of test clock: ${what}\n${inHand()}\n${logs.slice(-25).join('\n')}`,
        );
      }
      await step(length);
    }
  };

  /** For who reads that a test waited in vain. */
  const inHand = (): string => {
    const due = cloud.broker.nextDue();
    const next = due === undefined ? 'nothing is due' : `next due in ${due - Date.now()} ms`;
    return `queue: ${JSON.stringify(cloud.broker.counts(QUEUE))}, ${next}`;
  };

  /** Short steps while anybody has something in hand, so that it is seen when it was done. */
  const pace = async (): Promise<number> => ((await isBusy()) ? stepMs() : Math.max(stepMs(), CALM_STEP_MS));

  const isBusy = async (): Promise<boolean> => {
    const { active, locked } = cloud.broker.counts(QUEUE);
    if (active + locked > 0) return true;
    return (await Promise.all(targets.map(target => state.backlog.hasRows(target)))).includes(true);
  };

  /** Up to the next instant that the broker waits for, as long as no worker has anything in hand. */
  const stride = async (): Promise<number> => {
    if (await isBusy()) return stepMs();
    const due = (cloud.broker.nextDue() ?? Number.POSITIVE_INFINITY) - Date.now();
    return Math.min(IDLE_STEP_MS, Math.max(due, stepMs()));
  };

  const eventually: World['eventually'] = (what, holds, withinMs = 300_000) =>
    advanceUntil(what, holds, withinMs, stride);

  const drained: World['drained'] = async ({ laterLooks = false, withinMs = DRAINED_WITHIN_MS } = {}) => {
    // What was changed a moment ago may still be on its way to the queue.
    await traffic.quiet();
    let idle = false;
    await advanceUntil(
      laterLooks ? 'everything drained, later looks included' : 'queue and backlog drained',
      async () => {
        idle = !(await isBusy());
        return idle && (!laterLooks || cloud.broker.counts(QUEUE).scheduled === 0);
      },
      withinMs,
      () => (idle ? stride() : stepMs()),
    );
  };

  const world: World = {
    clock,
    cloud,
    storage,
    state,
    get target() {
      return targets[0] ?? '';
    },
    get targets() {
      return targets;
    },
    settings,
    workers,
    logs,
    start,
    reconfigure: async config => {
      configure(config);
      const running = workers.filter(isRunning);
      await Promise.all(running.map(worker => worker.kill()));
      await Promise.all(running.map(({ functions }) => start(functions)));
    },
    until,
    eventually,
    drained,
    fire: async timer => {
      // Any worker's admin API would do, but only the one that runs the function has it.
      for (const worker of workers) {
        if (isRunning(worker) && worker.functions.includes(timer)) {
          await worker.fire(timer);
          return;
        }
      }
      throw new Error(`no running worker has ${timer}`);
    },
    pass: async ms => {
      for (const end = Date.now() + ms; Date.now() < end; )
        await step(() => Math.max(Math.min(stepMs(), end - Date.now()), 0));
    },
    idle: async ms => {
      for (const end = Date.now() + ms; Date.now() < end; )
        await step(async () => Math.max(Math.min(await stride(), end - Date.now()), 0));
    },
    initialCycle: async (withinMs = 600_000) => {
      await world.fire('reconcile');
      for (const target of targets)
        await until(`${target} is indexed`, async () => (await state.targets.read(target)).indexed, withinMs);
      await drained({ withinMs });
    },
    deadLetters: async () => {
      const client = new ServiceBusClient(cloud.broker.connectionString);
      try {
        return await client.createReceiver(QUEUE, { subQueueType: 'deadLetter' }).peekMessages(100);
      } finally {
        await client.close();
      }
    },
    storageDoor: async () => {
      const door = await startStorageProxy(storageServer, account.name);
      traffic.watch(door);
      doors.push(door);
      return door;
    },
    watch: server => traffic.watch(server),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.filter(isRunning).map(worker => worker.kill()));
      await Promise.all(doors.map(door => door.close()));
      await cloud.close();
      await storageServer.close();
      clock.dispose();
      configFile.remove();
    },
  };
  try {
    await state.ensure();
    await options.prepare?.(world);
    if (options.config !== undefined)
      configure(typeof options.config === 'function' ? options.config(cloud) : options.config);
    await Promise.all((options.workers ?? [[...FEEDS, ...APPLY]]).map(functions => start(functions)));
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

function isRunning({ process }: WorkerProcess): boolean {
  return process.exitCode === null && process.signalCode === null;
}
