import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { Settings } from './config/settings.ts';
import { appCredential } from './directory/app-credential.ts';
import { GraphDirectory } from './directory/graph-directory.ts';
import { missingPermissions } from './directory/graph-permissions.ts';
import { CLOUDS } from './identity/clouds.ts';
import type { Logger } from './identity/logger.ts';
import { objectIdOf } from './identity/token-claims.ts';
import { ChangeQueue } from './messaging/change-queue.ts';
import { pulse } from './operations/pulse.ts';
import { AcceptedClientStates } from './provisioning/accepted-client-states.ts';
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
import { HeardNotifications } from './provisioning/heard-notifications.ts';
import { Looker } from './provisioning/look.ts';
import { AccountReader } from './provisioning/look-account.ts';
import { GroupReader } from './provisioning/look-group.ts';
import { NameConflicts } from './provisioning/name-conflict.ts';
import { NamePolicy } from './provisioning/name-policy.ts';
import { Quarantine } from './provisioning/quarantine.ts';
import { NotificationReceiver } from './provisioning/receive-notifications.ts';
import { RemovalGuard } from './provisioning/removal-guard.ts';
import type { SourceAccess } from './provisioning/source-evidence.ts';
import { SourceQuarantine } from './provisioning/source-quarantine.ts';
import type { Target } from './provisioning/target.ts';
import { TargetWorker } from './provisioning/target-worker.ts';
import { AssignmentPass } from './reconciliation/assignment-pass.ts';
import { Audit } from './reconciliation/audit.ts';
import { Cycle } from './reconciliation/cycle.ts';
import { NotificationWatch } from './reconciliation/notification-watch.ts';
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
  /** How many different people have to approve a hold. */
  readonly approvals: number;
  readonly audit: Audit;
  readonly poll: Poll;
  readonly cycle: Cycle;
  readonly messages: MessageHandler;
  /** An access token for Graph, as it is used here: it says what we may read. */
  graphToken(): Promise<string>;
  /** Says what waits and what is held at each target: what alerts rest on. */
  pulse(): Promise<void>;
  /** Tables, connection and token are there. Tried again by the next caller when it failed. */
  ready(): Promise<void>;
  /** Finishes what runs, gives leases back, closes connections. */
  stop(): Promise<void>;
}

/** Builds everything from the settings, by hand. Nothing is opened yet: see {@link Provisioning.ready}. */
export function compose(settings: Settings, log: Logger): Provisioning {
  const { config } = settings;
  const { applicationObjectId, tenantId, cloud } = config.source;
  const credential = appCredential(cloud);
  const state = openState(
    'connectionString' in settings.storage ? settings.storage : { ...settings.storage, credential },
  );
  const baseUrl = settings.graphUrl ?? CLOUDS[cloud].graphUrl;
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
  const { failurePercent, failureMinimum, windowMinutes, disableAfterDays } = config.quarantine;
  const quarantine = new Quarantine(
    state.targets,
    {
      percent: failurePercent,
      minimum: failureMinimum,
      windowMs: windowMinutes * 60_000,
      disableAfterMs: disableAfterDays * 24 * 3_600_000,
    },
    log,
  );
  const source = { state, directory, applicationObjectId };
  const sourceQuarantine = new SourceQuarantine({ ...source, log });
  const aim = new AimWatch(state, log);
  const workers = targets.map(
    target =>
      new TargetWorker({
        target,
        state,
        queue,
        looker: composeLooker(
          { ...source, policy: target.policy },
          { queue, aim, quarantine, sourceQuarantine, log },
        ),
        quarantine,
        source: sourceQuarantine,
        log,
      }),
  );
  const { notifications } = settings;
  const assignments = new AssignmentPass({ ...source, log });
  const audit = new Audit({
    source,
    accounts: targets.flatMap(({ id, level }) => (level === 'account' ? [id] : [])),
    log,
  });
  const watch = new NotificationWatch({ states: state.subscriptions, silenceMs: notifications?.silenceMs });
  const feeds = { state, directory, source: sourceQuarantine, log };
  const poll = new Poll({ ...feeds, queue, assignments, targets, notifications: watch });
  const subscriptions = new SubscriptionKeeper({ ...feeds, notifications, watch });
  const opened = once(async () => {
    const [token] = await Promise.all([credential.getToken(scope), state.ensure(), queue.open()]);
    const own = token === null ? undefined : objectIdOf(token.token);
    if (own !== undefined) protectedObjectIds.add(own);
    const hiddenMembership = config.source.readHiddenMembership;
    const missing = missingPermissions(token?.token ?? '', { hiddenMembership });
    if (missing !== undefined && missing.length > 0)
      log.error('graph-permissions-missing', { missing: missing.join(' ') });
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
        clientStates: new AcceptedClientStates({ ...notifications, states: state.subscriptions, log }),
        heard: new HeardNotifications(state.subscriptions, log),
        log,
      }),
    subscriptions,
    assignments,
    approvals: config.holds.approvals,
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
      source: sourceQuarantine,
      watch: new TargetWatch({
        state,
        aim,
        holdsExpireAfterMs: config.holds.expireDays * 24 * 3_600_000,
        log,
      }),
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
    graphToken: async () => (await credential.getToken(scope))?.token ?? '',
    pulse: () => pulse({ state, targets, log }),
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
  o: {
    queue: ChangeQueue;
    aim: AimWatch;
    quarantine: Quarantine;
    sourceQuarantine: SourceQuarantine;
    log: Logger;
  },
): Looker {
  const { state, directory, policy } = source;
  const followUps = new FollowUps(state.backlog);
  const guard = new RemovalGuard(state, policy.guard);
  const conflicts = new NameConflicts(state, directory, policy);
  const resources = new ResourceApplier(state, conflicts, guard);
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
    members: new MemberApplier({ source, followUps, guard, log: o.log }),
    followUps,
    policy,
  });
  const assignments = new AssignmentApplier(state, policy, guard);
  return new Looker({ ...o, state, accounts, groups, assignments, source: o.sourceQuarantine });
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
