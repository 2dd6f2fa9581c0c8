import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { Settings } from './config/settings.ts';
import { CLOUDS } from './databricks/clouds.ts';
import { GraphDirectory } from './directory/graph-directory.ts';
import type { Logger } from './identity/logger.ts';
import { objectIdOf } from './identity/token-claims.ts';
import { ChangeQueue } from './messaging/change-queue.ts';
import { AimWatch } from './provisioning/aim-watch.ts';
import { AccountApplier } from './provisioning/apply-account.ts';
import { AssignmentApplier } from './provisioning/apply-assignments.ts';
import { GroupApplier } from './provisioning/apply-group.ts';
import { MemberApplier } from './provisioning/apply-members.ts';
import { ResourceApplier } from './provisioning/apply-resource.ts';
import { readProperties } from './provisioning/compile-policy.ts';
import { AccountDecider } from './provisioning/decide-account.ts';
import { EntitlementReader } from './provisioning/entitlement.ts';
import { FollowUps } from './provisioning/follow-ups.ts';
import { GroupNames } from './provisioning/group-names.ts';
import { MessageHandler } from './provisioning/handle-message.ts';
import { Looker } from './provisioning/look.ts';
import { AccountReader } from './provisioning/look-account.ts';
import { GroupReader } from './provisioning/look-group.ts';
import { NameConflicts } from './provisioning/name-conflict.ts';
import { NamePolicy } from './provisioning/name-policy.ts';
import { Quarantine } from './provisioning/quarantine.ts';
import { NotificationReceiver } from './provisioning/receive-notifications.ts';
import { RemovalGuard } from './provisioning/removal-guard.ts';
import type { SourceAccess } from './provisioning/source-evidence.ts';
import type { Target } from './provisioning/target.ts';
import { TargetWorker } from './provisioning/target-worker.ts';
import { AssignmentPass } from './reconciliation/assignment-pass.ts';
import { Audit } from './reconciliation/audit.ts';
import { Cycle } from './reconciliation/cycle.ts';
import { Poll } from './reconciliation/poll.ts';
import { SubscriptionKeeper } from './reconciliation/subscriptions.ts';
import { TargetWatch } from './reconciliation/target-watch.ts';
import { openState, type State } from './state/state.ts';
import { composeTargets } from './targets.ts';

/** Everything that a function, or a person at the command line, calls. */
export interface Provisioning {
  readonly state: State;
  readonly directory: GraphDirectory;
  readonly queue: ChangeQueue;
  readonly targets: readonly Target[];
  /** Undefined without a notification URL: then the poll alone hears of changes. */
  readonly notifications: NotificationReceiver | undefined;
  readonly subscriptions: SubscriptionKeeper;
  readonly assignments: AssignmentPass;
  readonly audit: Audit;
  readonly poll: Poll;
  readonly cycle: Cycle;
  readonly messages: MessageHandler;
  /** Tables, connection and token are there. Tried again by the next caller when it failed. */
  ready(): Promise<void>;
  /** Finishes what runs, gives leases back, closes connections. */
  stop(): Promise<void>;
}

/** Builds everything from the settings, by hand. Nothing is opened yet: see {@link Provisioning.ready}. */
export function compose(settings: Settings, log: Logger): Provisioning {
  const { config } = settings;
  const { applicationObjectId, tenantId, cloud } = config.source;
  const { authorityHost, graphUrl } = CLOUDS[cloud];
  const credential = new DefaultAzureCredential(
    // Where nothing else is said, the environment may name an authority of its own.
    cloud === 'public' ? {} : { authorityHost },
  );
  const state = openState(
    'connectionString' in settings.storage ? settings.storage : { ...settings.storage, credential },
  );
  const baseUrl = settings.graphUrl ?? graphUrl;
  // The audience of a Graph token is the address of the cloud's Graph itself.
  const scope = `${baseUrl.replace(/[/]$/, '')}/.default`;
  // Our own identity joins them once we know it: whoever may be assigned or unassigned, it must not lock itself out.
  const protectedObjectIds = new Set(config.protected.objectIds);
  const targets = composeTargets(settings, credential, protectedObjectIds);
  const targetIds = targets.map(({ id }) => id);
  const directory = new GraphDirectory({
    baseUrl,
    credential,
    scope,
    select: readProperties(targets.map(({ policy }) => policy)),
  });
  const serviceBus = openServiceBus(settings, credential);
  const queue = new ChangeQueue(serviceBus, { settleWindowMs: config.schedule.settleWindowMs });
  const quarantine = new Quarantine(state.targets, log);
  const source = { state, directory, applicationObjectId };
  const aim = new AimWatch(state, log);
  const workers = targets.map(
    target =>
      new TargetWorker({
        target,
        state,
        queue,
        looker: composeLooker({ ...source, policy: target.policy }, { queue, aim, log }),
        quarantine,
        log,
      }),
  );
  const { notifications } = settings;
  const assignments = new AssignmentPass(source);
  const audit = new Audit({
    source,
    accounts: targets.flatMap(({ id, level }) => (level === 'account' ? [id] : [])),
    log,
  });
  const poll = new Poll({ state, directory, queue, assignments, targets, log });
  const subscriptions = new SubscriptionKeeper({ directory, notifications, log });
  const opened = once(async () => {
    const [token] = await Promise.all([credential.getToken(scope), state.ensure(), queue.open()]);
    const own = objectIdOf(token.token);
    if (own !== undefined) protectedObjectIds.add(own);
  });
  return {
    state,
    directory,
    queue,
    targets,
    notifications:
      notifications &&
      new NotificationReceiver({
        queue,
        targets: targetIds,
        tenantId,
        clientState: notifications.clientState,
        log,
      }),
    subscriptions,
    assignments,
    audit,
    poll,
    cycle: new Cycle({
      state,
      queue,
      poll,
      audit,
      assignments,
      subscriptions,
      targets,
      everyMinutes: config.schedule.reconcileMinutes,
      quarantine,
      watch: new TargetWatch({ state, aim, log }),
      log,
    }),
    messages: new MessageHandler({
      workers: new Map(workers.map(worker => [worker.target.id, worker])),
      state,
      queue,
      quarantine,
      ready: opened,
      log,
    }),
    ready: opened,
    stop: async () => {
      await Promise.all(workers.map(worker => worker.stop()));
      await queue.close();
      await serviceBus.close();
    },
  };
}

function composeLooker(
  source: SourceAccess,
  { queue, aim, log }: { queue: ChangeQueue; aim: AimWatch; log: Logger },
): Looker {
  const { state, directory, policy } = source;
  const followUps = new FollowUps(state.backlog);
  const guard = new RemovalGuard(state, policy.guard);
  const conflicts = new NameConflicts(state, directory, policy);
  const resources = new ResourceApplier(state, conflicts);
  const entitlements = new EntitlementReader(source);
  const accounts = new AccountApplier({
    state,
    reader: new AccountReader(source, entitlements),
    resources,
    followUps,
    decider: new AccountDecider({ state, names: new NamePolicy(directory), guard, policy }),
  });
  const groups = new GroupApplier({
    state,
    source,
    reader: new GroupReader(source, entitlements),
    resources,
    names: new GroupNames(conflicts, policy),
    members: new MemberApplier({ source, followUps, guard }),
    followUps,
    policy,
  });
  const assignments = new AssignmentApplier(state, policy);
  return new Looker({ state, queue, accounts, groups, aim, assignments, log });
}

function openServiceBus(settings: Settings, credential: TokenCredential): ServiceBusClient {
  const options = { retryOptions: { maxRetries: 3, retryDelayInMs: 250, timeoutInMs: 10_000 } };
  return 'connectionString' in settings.serviceBus
    ? new ServiceBusClient(settings.serviceBus.connectionString, options)
    : new ServiceBusClient(settings.serviceBus.namespace, credential, options);
}

/** Runs `work` once for all callers; after a failure the next caller tries again. */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
