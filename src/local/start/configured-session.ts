import { compose, type Provisioning } from '../../app.ts';
import { readSettings } from '../../config/settings.ts';
import { enterSettings } from '../../config/settings-file.ts';
import { peekDeadLetters } from '../../operations/dead-letters.ts';
import type { Screen } from './screen.ts';
import { APP_ROOT, FEEDS, freePort, openWorkerLog, type Session, WEB_PORT } from './session.ts';
import { type WorkerGivesUp, Workers } from './workers.ts';

/** The composed app on configured services. */
async function openConfigured(values: Readonly<Record<string, string>>): Promise<Provisioning> {
  // The file alone says what is run against; what is exported counts for signing in only.
  enterSettings(process.env, values);
  const app = compose(readSettings(values), silent);
  try {
    await app.ready();
    return app;
  } catch (error) {
    await app.stop().catch(() => undefined);
    throw error;
  }
}

/** Runs the functions on this machine against the services that the settings name. */
export async function startConfiguredSession(o: {
  readonly values: Readonly<Record<string, string>>;
  readonly screen: Screen;
  readonly onFailure: (error: WorkerGivesUp) => void;
}): Promise<Session> {
  await using started = new AsyncDisposableStack();
  const settings = readSettings(o.values);
  const app = await openConfigured(o.values);
  started.defer(() => app.stop());
  const log = openWorkerLog(o.screen);
  started.defer(() => log.close());
  const workers = new Workers({ appRoot: APP_ROOT, env: o.values, onLog: log.take, onFailure: o.onFailure });
  started.defer(() => workers.stop());
  const notificationUrl = settings.notifications?.url;
  const webPort = await freePort(WEB_PORT);
  await workers.start([
    // Without subscriptions nobody would call it.
    ...(notificationUrl === undefined ? [] : [{ name: 'web', functions: FEEDS.web, httpPort: webPort }]),
    { name: 'timers', functions: FEEDS.timers },
    { name: 'apply', functions: FEEDS.apply },
  ]);
  const running = started.move();
  return {
    app,
    deadLetters: () => peekDeadLetters(settings),
    notificationUrl,
    addresses: [
      ['tenant', settings.config.source.tenantId],
      ['Microsoft Graph', settings.graphUrl ?? `of the ${settings.config.source.cloud} cloud`],
      ...app.targets.map(({ id, scim }): [string, string] => [`Databricks ${id}`, scim.baseUrl]),
      ['notifications', notificationUrl ?? 'none: the poll alone hears of changes, within a minute or so'],
      ...(notificationUrl === undefined
        ? []
        : [['forward them to', `http://127.0.0.1:${webPort}/api/graph-notifications`] as const]),
      ['log of the workers', log.path],
    ],
    hints: [],
    // The workers' requests are counted by nobody here.
    requests: () => undefined,
    tour: undefined,
    patienceMs: 15 * 60_000,
    fire: timer => workers.fire(timer),
    close: () => running.disposeAsync(),
    kill: () => workers.kill(),
  };
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
