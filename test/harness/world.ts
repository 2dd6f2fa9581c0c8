import { randomUUID } from 'node:crypto';
import { setTimeout as realSleep } from 'node:timers/promises';
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
import { APPLY, FEEDS, type World, type WorldOptions } from './world-types.ts';

export { APPLY, FEEDS };

const QUEUE = 'identity-changes';
const APP_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Real milliseconds without any traffic after which nothing is taken to be in flight. */
const QUIET_MS = 12;
/** A timer that is late by more than this tells of a machine on which the workers wait for their turn as well. */
const LATE_MS = 6;
/** Moments in a row that are not believed on such a machine. */
const LONGEST_STARVED = 10;
/** The clock's step while work may be waiting inside a worker. */
const STEP_MS = 200;
/** Its step while nothing is active on the queue, and a test waits for something to begin. */
const CALM_STEP_MS = 1_000;
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
  const doors = [storage];
  const cloud = await startLocalCloud({
    tenantId: randomUUID(),
    accountId,
    applicationObjectId: APPLICATION,
    seed: options.seed,
    limits: options.limits,
    storage,
  });
  const webPort = await freePort();
  const configFile = createConfigFile({ ...cloud.settings, ...options.settings });
  if (options.config !== undefined) configFile.write(options.config);
  const settings: Record<string, string> = {
    ...cloud.settings,
    ...clock.env,
    ...(options.config === undefined ? {} : { PROVISIONING_CONFIG_FILE: configFile.path }),
    NOTIFICATION_URL: `http://127.0.0.1:${webPort}/api/graph-notifications`,
    ...options.settings,
  };
  const state = openState({ connectionString: account.connectionString });
  const logs: string[] = [];
  const workers: WorkerProcess[] = [];
  const stepMs = options.stepMs ?? STEP_MS;

  const start: World['start'] = async (functions, env = {}) => {
    const web = functions.includes('graph-notifications');
    const worker = await startWorker({
      appRoot: APP_ROOT,
      functions,
      env: { ...settings, ...env },
      ...(web ? { httpPort: webPort } : {}),
      onLog: line => logs.push(line),
    });
    workers.push(worker);
    return worker;
  };

  const traffic = (): string =>
    [
      cloud.directory.requests,
      cloud.databricks.requests,
      cloud.broker.activity,
      ...doors.map(door => door.requests),
    ].join();
  const busy = (): boolean =>
    [cloud.directory, cloud.databricks, ...doors].some(({ inFlight }) => inFlight > 0);

  /** Waits until nothing has moved for a moment, in which this process at least had its turn when it asked for it. */
  const quiet = async (): Promise<void> => {
    for (let before = '', starved = 0; before !== traffic() || busy() || starved > 0; ) {
      before = traffic();
      const begin = performance.now();
      await realSleep(QUIET_MS);
      const isLate = performance.now() - begin > QUIET_MS + LATE_MS;
      starved = isLate && starved < LONGEST_STARVED ? starved + 1 : 0;
    }
  };

  const step = async (length: () => number | Promise<number>): Promise<void> => {
    await quiet();
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
        throw new Error(`not within ${withinMs} ms of test clock: ${what}\n${logs.slice(-25).join('\n')}`);
      }
      await step(length);
    }
  };

  /** Short steps while anybody has something in hand, so that it is seen when it was done. */
  const pace = async (): Promise<number> => ((await isBusy()) ? stepMs : Math.max(stepMs, CALM_STEP_MS));

  const isBusy = async (): Promise<boolean> => {
    const { active, locked } = cloud.broker.counts(QUEUE);
    return active + locked > 0 || (await state.backlog.hasRows(world.target));
  };

  /** Up to the next instant that the broker waits for, as long as no worker has anything in hand. */
  const stride = async (): Promise<number> => {
    if (await isBusy()) return stepMs;
    const due = (cloud.broker.nextDue() ?? Number.POSITIVE_INFINITY) - Date.now();
    return Math.min(IDLE_STEP_MS, Math.max(due, stepMs));
  };

  const eventually: World['eventually'] = (what, holds, withinMs = 300_000) =>
    advanceUntil(what, holds, withinMs, stride);

  const drained: World['drained'] = async ({ laterLooks = false, withinMs = 600_000 } = {}) => {
    // What was changed a moment ago may still be on its way to the queue.
    await quiet();
    let idle = false;
    await advanceUntil(
      laterLooks ? 'everything drained, later looks included' : 'queue and backlog drained',
      async () => {
        const { active, locked, scheduled } = cloud.broker.counts(QUEUE);
        idle = false;
        if (active + locked > 0) return false;
        if (await state.backlog.hasRows(world.target)) return false;
        idle = true;
        return !laterLooks || scheduled === 0;
      },
      withinMs,
      () => (idle ? stride() : stepMs),
    );
  };

  const world: World = {
    clock,
    cloud,
    storage,
    state,
    target: `account-${accountId}`,
    settings,
    workers,
    logs,
    start,
    reconfigure: async config => {
      configFile.write(config);
      settings.PROVISIONING_CONFIG_FILE = configFile.path;
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
        await step(() => Math.max(Math.min(stepMs, end - Date.now()), 0));
    },
    idle: async ms => {
      for (const end = Date.now() + ms; Date.now() < end; )
        await step(async () => Math.max(Math.min(await stride(), end - Date.now()), 0));
    },
    initialCycle: async (withinMs = 600_000) => {
      await world.fire('reconcile');
      await until(
        'the target is indexed',
        async () => (await state.targets.read(world.target)).indexed,
        withinMs,
      );
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
      doors.push(door);
      return door;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.filter(isRunning).map(worker => worker.kill()));
      await Promise.all(doors.map(door => door.close()));
      await cloud.close();
      await storageServer.close();
      clock.dispose();
      configFile.remove();
    },
  };
  await state.ensure();
  await options.prepare?.(world);
  await Promise.all((options.workers ?? [[...FEEDS, ...APPLY]]).map(functions => start(functions)));
  return world;
}

function isRunning({ process }: WorkerProcess): boolean {
  return process.exitCode === null && process.signalCode === null;
}
