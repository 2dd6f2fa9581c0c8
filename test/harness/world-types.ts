import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { LocalCloud } from '../../src/local/cloud.ts';
import type { DirectorySeed } from '../../src/local/directory/types.ts';
import type { StorageProxy } from '../../src/local/storage/storage-proxy.ts';
import type { WorkerProcess } from '../../src/local/worker-process.ts';
import type { State } from '../../src/state/state.ts';
import type { TestClock } from './test-clock.ts';
import type { Served } from './traffic.ts';

export const FEEDS = ['graph-notifications', 'poll-directory', 'reconcile', 'renew-subscriptions'] as const;
export const APPLY = ['apply-change'] as const;

export interface WorldOptions {
  readonly seed: DirectorySeed;
  /** The published limits apply unless they are switched off. */
  readonly limits?: 'off';
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * `provisioning.config.json` without its source, and without targets unless there are others than the account. A
   * function is asked after {@link WorldOptions.prepare}, which may have added workspaces. Left out: there is no file.
   */
  readonly config?: ConfigPart | ((cloud: LocalCloud) => ConfigPart);
  /** Functions of each worker process that is started at once. Default: one for all of them. */
  readonly workers?: readonly (readonly string[])[];
  /** Folder of the app that the workers run. Default: the package of test/harness/global-setup.ts. */
  readonly appRoot?: string;
  /** Milliseconds of test clock per step; smaller is slower and more exact. */
  readonly stepMs?: number;
  /** Puts into the target, or into our own state, what is there before any worker starts. */
  readonly prepare?: (world: Pick<World, 'cloud' | 'state' | 'target' | 'watch'>) => void | Promise<void>;
}

/** The sections of the configuration file that a test decides about, in the form of the file. */
export type ConfigPart = Readonly<Record<string, unknown>>;

/** The whole system on one test clock: local cloud, storage behind a fault proxy, workers in processes of their own. */
export interface World extends AsyncDisposable {
  readonly clock: TestClock;
  readonly cloud: LocalCloud;
  readonly storage: StorageProxy;
  /** What the pipeline remembers, read past the fault proxy. */
  readonly state: State;
  /** The only one, or the first in the configuration. */
  readonly target: string;
  /** All of them, in the order of the configuration. */
  readonly targets: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly workers: WorkerProcess[];
  /** Log lines of all workers so far. */
  readonly logs: readonly string[];
  /** Starts another worker. */
  start(functions: readonly string[], env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** Puts another configuration in place and starts all workers anew, as a deployment does. */
  reconfigure(config: ConfigPart): Promise<void>;
  fire(timer: (typeof FEEDS)[number]): Promise<void>;
  /** Moves the clock, whenever nothing is in flight, until `holds`; fails after `withinMs` of test clock. Returns how long it took. */
  until(what: string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<number>;
  /** As {@link World.until}, in longer steps while nothing is active on the queue: for what takes minutes. */
  eventually(what: string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<number>;
  /** Lets `ms` of test clock pass. */
  pass(ms: number): Promise<void>;
  /** As {@link World.pass}, in longer steps while nothing is active on the queue. */
  idle(ms: number): Promise<void>;
  /** Initial cycle: until the targets are indexed and their backlogs worked off. */
  initialCycle(withinMs?: number): Promise<void>;
  /** Until no message is active or locked and no row is left; with `laterLooks` also until none is scheduled. */
  drained(options?: { laterLooks?: boolean; withinMs?: number }): Promise<void>;
  deadLetters(): Promise<ServiceBusReceivedMessage[]>;
  /** Another way to the same storage, with gates and faults of its own, for one worker among several. */
  storageDoor(): Promise<StorageProxy>;
  /** The clock waits for the requests that this server has in hand, too. */
  watch(server: Served): void;
}
