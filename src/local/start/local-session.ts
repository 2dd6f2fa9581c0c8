import { compose } from '../../app.ts';
import { readSettings } from '../../config/settings.ts';
import { clearSettings } from '../../config/settings-file.ts';
import { peekDeadLetters } from '../../operations/dead-letters.ts';
import { startLocalCloud } from '../cloud.ts';
import { addForeignContent, exampleTenant } from '../example-tenant/tenant.ts';
import { Places } from '../tour/places.ts';
import type { Screen } from './screen.ts';
import { APP_ROOT, FEEDS, freePort, openWorkerLog, type Session, WEB_PORT } from './session.ts';
import { type WorkerGivesUp, Workers } from './workers.ts';

/** Tried first; the broker's is that of AMQP. */
const PORTS = { directory: 7_072, databricks: 7_073, broker: 5_672 } as const;

/** Request rates beyond what the local Databricks can be brought to its limits with. */
const NO_LIMITS = {
  DATABRICKS_GET_PER_SECOND: '1000',
  DATABRICKS_LIST_PER_SECOND: '1000',
  DATABRICKS_WRITE_PER_SECOND: '1000',
  DATABRICKS_PATCH_PER_SECOND: '1000',
};

/** Starts the local cloud with the example tenant, and the functions as separate workers. */
export async function startLocalSession(o: {
  readonly screen: Screen;
  readonly noLimits: boolean;
  readonly onFailure: (error: WorkerGivesUp) => void;
}): Promise<Session> {
  await using started = new AsyncDisposableStack();
  const tenant = exampleTenant();
  isolate(process.env);
  const cloud = await startLocalCloud({ ...tenant, limits: o.noLimits ? 'off' : undefined, ports: PORTS });
  started.defer(() => cloud.close());
  const foreign = addForeignContent(cloud.databricks.store);
  const webPort = await freePort(WEB_PORT);
  const notificationUrl = `http://127.0.0.1:${webPort}/api/graph-notifications`;
  const env = { ...cloud.settings, ...(o.noLimits ? NO_LIMITS : {}), NOTIFICATION_URL: notificationUrl };
  // The identity endpoint is found through the environment, by this process as by the workers.
  Object.assign(process.env, cloud.identity.env);
  const settings = readSettings(env);
  const log = openWorkerLog(o.screen);
  started.defer(() => log.close());
  const app = compose(settings, silent);
  started.defer(() => app.stop());
  const workers = new Workers({ appRoot: APP_ROOT, env, onLog: log.take, onFailure: o.onFailure });
  started.defer(() => workers.stop());
  await Promise.all([
    app.ready(),
    workers.start([
      { name: 'web', functions: FEEDS.web, httpPort: webPort },
      { name: 'timers', functions: FEEDS.timers },
      { name: 'apply', functions: FEEDS.apply },
    ]),
  ]);
  const places = new Places({
    graphUrl: `${cloud.directory.url}/v1.0`,
    scimUrl: cloud.databricks.scimUrl,
    token: cloud.operatorToken,
    cast: tenant.cast,
    domain: tenant.domain,
  });
  const running = started.move();
  return {
    app,
    deadLetters: () => peekDeadLetters(settings),
    notificationUrl,
    addresses: [
      ['Microsoft Graph', `${cloud.directory.url}/v1.0`],
      ['Databricks SCIM', cloud.databricks.scimUrl],
      ['notifications', notificationUrl],
      ['Service Bus', `127.0.0.1:${cloud.broker.port}`],
      ['operator token', cloud.operatorToken],
      ['log of the workers', log.path],
      [
        'was there before',
        `${foreign.users} users and ${foreign.groups} group that are not ours, and stay as they are`,
      ],
    ],
    hints: curl(cloud.directory.url, cloud.databricks.scimUrl, cloud.operatorToken, tenant.cast.renamedUser),
    requests: () => ({
      graph: cloud.directory.requests - places.graphRequests,
      scim: cloud.databricks.requests - places.scimRequests,
    }),
    tour: places,
    patienceMs: 90_000,
    fire: timer => workers.fire(timer),
    close: () => running.disposeAsync(),
    kill: () => workers.kill(),
  };
}

/** The pipeline tells what it does through the workers' log; this process only reads. */
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a developer has exported for other tools neither signs us in elsewhere nor sends loopback through a proxy. */
function isolate(env: NodeJS.ProcessEnv): void {
  clearSettings(env, { identity: true });
  for (const name of ['NO_PROXY', 'no_proxy'])
    env[name] = [env[name], '127.0.0.1', 'localhost'].filter(Boolean).join(',');
}

function curl(graph: string, scim: string, token: string, user: string): string[] {
  return [
    'Change something, as an administrator would in Entra ID, and see it arrive:',
    `  curl -X PATCH ${graph}/v1.0/users/${user} \\`,
    `    -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\`,
    `    -d '{"displayName":"Grace Hopper"}'`,
    `  curl -H 'Authorization: Bearer ${token}' '${scim}/Users?count=5'`,
  ];
}
