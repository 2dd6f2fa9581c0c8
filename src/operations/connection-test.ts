import { randomUUID } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import { Absent } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import { type GRAPH_PERMISSIONS, missingPermissions } from '../directory/graph-permissions.ts';
import { now } from '../identity/clock.ts';
import { describeError } from '../identity/logger.ts';
import type { Target } from '../provisioning/target.ts';
import type { OperationsContext } from './context.ts';
import { peekDeadLetters } from './dead-letters.ts';
import type { ServiceBusSettings } from './dead-letters-queue.ts';

/** One question to something that the app depends on, and its answer. */
export interface ConnectionCheck {
  /** `storage`, `service bus`, `graph`, or the id of a target. */
  readonly to: string;
  /** What was asked: `read users`. */
  readonly what: string;
  /** What is wrong; undefined when nothing is. Ids and statuses only. */
  readonly problem: string | undefined;
  /** What to do about it; undefined when nothing is wrong. */
  readonly advice: string | undefined;
}

type Context = Pick<OperationsContext, 'state' | 'queue' | 'targets'> & {
  readonly directory: GraphDirectory;
  /** An access token for Graph, as the app itself uses it. */
  readonly graphToken: () => Promise<string>;
};
type TestedSettings = ServiceBusSettings & Pick<Settings, 'notifications'>;
interface Question {
  readonly to: string;
  readonly what: string;
  readonly advice: string;
  /** Resolves to what is wrong although there was an answer; throws what the answer was. */
  readonly ask: () => Promise<string | undefined>;
}

/** Nobody has it: that it is not found is an answer of the service itself, given to who may read. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const LEASE = 'connection-test';
const LEASE_MS = 15_000;

const GRANT =
  'have an administrator run infra/scripts/grant-graph-permissions.sh for the identity; a token that was issued before keeps its old permissions for up to a day';

/**
 * Asks everything that the app depends on for something harmless, signed in as the app is, and says for each answer what
 * to do about it. Nothing is written but missing tables and a lease row that is given back. That subscriptions can be
 * created, and that a target takes writes, cannot be asked without doing it: the permissions that these need are asked
 * for instead.
 */
export function testConnections(context: Context, settings: TestedSettings): Promise<ConnectionCheck[]> {
  const questions = [
    ...storageQuestions(context),
    ...queueQuestions(context, settings),
    ...graphQuestions(context, settings),
    ...context.targets.flatMap(targetQuestions),
  ];
  return Promise.all(questions.map(answerTo));
}

async function answerTo({ to, what, advice, ask }: Question): Promise<ConnectionCheck> {
  const problem = await ask().catch((error: unknown) => describeError(error));
  return { to, what, problem, advice: problem === undefined ? undefined : advice };
}

function storageQuestions({ state, targets }: Context): Question[] {
  const role = (name: string): string =>
    `give the identity the role ${name} at the storage account, and look at the account's network rules`;
  return [
    {
      to: 'storage',
      what: 'write tables',
      advice: role('Storage Table Data Contributor'),
      ask: async () => {
        await state.ensure();
        const held = await state.leases.acquire(LEASE, randomUUID(), LEASE_MS);
        // Somebody else asks at this moment, and could write it.
        if (held !== undefined) await state.leases.release(LEASE, held);
        return undefined;
      },
    },
    {
      to: 'storage',
      what: 'read blobs',
      advice: role('Storage Blob Data Owner'),
      ask: async () => {
        await state.records.read(targets[0]?.id ?? LEASE, LEASE);
        return undefined;
      },
    },
  ];
}

function queueQuestions({ queue }: Context, settings: ServiceBusSettings): Question[] {
  const advice =
    'give the identity the role Azure Service Bus Data Owner at the namespace, and look at its network rules and whether the queue identity-changes is there';
  return [
    { to: 'service bus', what: 'open the queue to send', advice, ask: async () => void (await queue.open()) },
    {
      to: 'service bus',
      what: 'peek at the dead letters',
      advice,
      ask: async () => void (await peekDeadLetters(settings)),
    },
  ];
}

function graphQuestions(context: Context, { config, notifications }: TestedSettings): Question[] {
  const { directory, graphToken } = context;
  const { applicationObjectId, readHiddenMembership } = config.source;
  const reads = (what: string, permission: keyof typeof GRAPH_PERMISSIONS, ask: () => Promise<unknown>) => ({
    to: 'graph',
    what,
    advice: `the permission ${permission} is missing: ${GRANT}`,
    ask: async () => {
      await ask().catch(passAbsent);
      return undefined;
    },
  });
  return [
    {
      to: 'graph',
      what: 'permissions in the token',
      advice: GRANT,
      ask: async () => {
        const missing = missingPermissions(await graphToken(), { hiddenMembership: readHiddenMembership });
        return missing === undefined || missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`;
      },
    },
    reads('read users', 'User.Read.All', () => directory.getUser(NOBODY)),
    reads('follow users', 'User.Read.All', () => directory.startDelta('user')),
    reads('read groups', 'GroupMember.Read.All', () => directory.getGroup(NOBODY)),
    reads('read members', 'GroupMember.Read.All', () => directory.listTransitiveMembers(NOBODY)),
    reads('follow groups', 'GroupMember.Read.All', () => directory.startDelta('group')),
    reads('read service principals', 'Application.Read.All', () => directory.getServicePrincipal(NOBODY)),
    reads('follow service principals', 'Application.Read.All', () =>
      directory.startDelta('servicePrincipal'),
    ),
    {
      to: 'graph',
      what: 'find the enterprise application',
      advice:
        'set ENTRA_APPLICATION_OBJECT_ID, or source.applicationObjectId of the configuration file, to the Object ID of the enterprise application, which is neither its application (client) id nor the object id of the app registration',
      ask: async () => {
        const found = await directory.findEnterpriseApplication(applicationObjectId);
        return found === undefined ? 'there is none of that object id' : undefined;
      },
    },
    reads('read assignments', 'Application.Read.All', () => directory.listAssignments(applicationObjectId)),
    ...(notifications === undefined ? [] : [subscriptionQuestion(directory, notifications.url)]),
  ];
}

function subscriptionQuestion(directory: GraphDirectory, url: string): Question {
  return {
    to: 'graph',
    what: 'subscriptions',
    advice:
      'the app creates them within ten minutes of its start: look for subscription-not-created in its log, whether Graph can reach NOTIFICATION_URL, and whether the permission Group.Read.All is there. Until then the poll hears of changes, a minute or two later',
    ask: async () => {
      const ours = (await directory.listSubscriptions()).filter(
        ({ notificationUrl, expiresAt }) => notificationUrl === url && expiresAt > now(),
      );
      const missing = ['users', 'groups'].filter(
        resource => !ours.some(one => one.resource.toLowerCase().replace(/^\//, '') === resource),
      );
      return missing.length === 0 ? undefined : `none to ${missing.join(' and ')}`;
    },
  };
}

function targetQuestions({ id, level, scim, signIns = {} }: Target): Question[] {
  const advice =
    level === 'account'
      ? 'make the identity an account admin (infra/scripts/make-account-admin.sh), or check the SCIM token; an access list of the account has to name the address of the app'
      : 'make the identity an admin of the workspace, or check its token';
  const first = async (type: 'Users' | 'Groups' | 'ServicePrincipals'): Promise<undefined> => {
    for await (const _ of scim.list(type, { attributes: ['id'] })) break;
    return undefined;
  };
  return [
    { to: id, what: 'read users', advice, ask: async () => void (await scim.get('Users', '0')) },
    { to: id, what: 'list groups', advice, ask: () => first('Groups') },
    { to: id, what: 'list service principals', advice, ask: () => first('ServicePrincipals') },
    ...(level === 'account'
      ? []
      : [{ to: id, what: 'who we are', advice, ask: async () => void (await scim.me()) }]),
    ...Object.entries(signIns).map(([use, signIn]) => ({
      to: id,
      what: `the secret to sign in with (${use})`,
      advice: 'replace it, or let the identity read it: Key Vault Secrets User at the vault',
      ask: async () => {
        const { problems } = await signIn.describe();
        return problems.length === 0 ? undefined : problems.join('; ');
      },
    })),
  ];
}

function passAbsent(error: unknown): void {
  if (!(error instanceof Absent)) throw error;
}
