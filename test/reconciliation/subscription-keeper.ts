import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { AcceptedClientStates } from '../../src/provisioning/accepted-client-states.ts';
import { SourceQuarantine } from '../../src/provisioning/source-quarantine.ts';
import { NotificationWatch } from '../../src/reconciliation/notification-watch.ts';
import { SubscriptionKeeper } from '../../src/reconciliation/subscriptions.ts';
import { openState } from '../../src/state/state.ts';
import { startPair } from '../directory/graph.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createTestClock } from '../harness/test-clock.ts';
import { startSubscriber } from '../local/directory/subscriber.ts';

export const SECRET = '0123456789abcdef';

/** What keeps the subscriptions, before a Graph and an endpoint of its own, on a clock of its own. */
export async function startKeeper() {
  const clock = createTestClock();
  clock.install();
  const ada = user('ada');
  const pair = await startPair(tenant({ users: [ada], assigned: [ada.id] }));
  const subscriber = await startSubscriber();
  const storage = await takeStorage();
  const proxy = await startStorageProxy(storage, storage.accountName);
  const state = openState({ connectionString: proxy.connectionString });
  await state.ensure();
  onTestFinished(async () => {
    await subscriber[Symbol.asyncDispose]();
    await pair[Symbol.asyncDispose]();
    await proxy.close();
    await storage.close();
    clock.dispose();
  });
  const log = recordedLog();
  const watch = new NotificationWatch({ states: state.subscriptions, silenceMs: 3_600_000 });
  const { graph: directory } = pair;
  const source = new SourceQuarantine({ state, directory, applicationObjectId: randomUUID(), log });
  /** Creations that Graph was asked for. */
  let creations = 0;
  pair.local.faults.gate = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/subscriptions')) creations += 1;
  };
  return {
    clock,
    local: pair.local,
    directory,
    subscriber,
    state,
    storage: proxy,
    watch,
    get creations() {
      return creations;
    },
    /** Events of that name so far, a line each. */
    events: (name: string) => log.lines.filter(line => line.startsWith(`${name} `)),
    /** A deployment whose endpoint has another address. */
    moved: (query: string) =>
      new SubscriptionKeeper({
        state,
        directory,
        notifications: { url: `${subscriber.url}${query}`, secrets: [SECRET] },
        watch,
        source,
        log,
      }),
    /** One for each deployment. */
    keeper: (...secrets: string[]) =>
      new SubscriptionKeeper({
        state,
        directory,
        notifications: { url: subscriber.url, secrets: secrets.length > 0 ? secrets : [SECRET] },
        watch,
        source,
        log,
      }),
    accepted: (...secrets: string[]) =>
      new AcceptedClientStates({
        secrets: secrets.length > 0 ? secrets : [SECRET],
        states: state.subscriptions,
        log,
      }),
    ids: async () => (await directory.listSubscriptions()).map(({ id }) => id).toSorted(),
    /** The client state of the next notification of a change to a user. */
    nextClientState: async () => {
      const before = subscriber.items.length;
      pair.local.store.update(ada.id, { jobTitle: randomUUID() });
      for (let tries = 0; subscriber.items.length === before; tries += 1) {
        if (tries > 1_000) throw new Error('no notification came');
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      return subscriber.items.at(-1)?.clientState ?? '';
    },
  };
}
