import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { compose, type Provisioning } from '../../src/app.ts';
import { readSettings, type Settings } from '../../src/config/settings.ts';
import { GRAPH_PERMISSIONS } from '../../src/directory/graph-permissions.ts';
import { type LocalCloud, startLocalCloud } from '../../src/local/cloud.ts';
import { type StorageProxy, startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { type ConnectionCheck, testConnections } from '../../src/operations/connection-test.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { APPLICATION, tenant, user } from '../harness/tenant.ts';

const ada = user('ada');
const started = new AsyncDisposableStack();
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let cloud: LocalCloud;
let storage: StorageProxy;
let settings: Settings;
let app: Provisioning;
let target: string;

beforeAll(async () => {
  const accountId = randomUUID();
  target = `account-${accountId}`;
  const server = await takeStorage();
  started.defer(() => server.close());
  storage = await startStorageProxy(server, server.accountName);
  started.defer(() => storage.close());
  cloud = await startLocalCloud({
    tenantId: randomUUID(),
    accountId,
    applicationObjectId: APPLICATION,
    limits: 'off',
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    storage,
  });
  started.defer(() => cloud.close());
  Object.assign(process.env, cloud.identity.env);
  ({ settings, app } = opened());
});
afterAll(() => started.disposeAsync());
afterEach(() => {
  cloud.directory.faults.fail = [];
  storage.rules.length = 0;
});

/** The app as these settings make it. */
function opened(more: Readonly<Record<string, string>> = {}): { settings: Settings; app: Provisioning } {
  const read = readSettings({ ...cloud.settings, ...more });
  const composed = compose(read, silent);
  started.defer(() => composed.stop());
  return { settings: read, app: composed };
}

/** A Graph token of an app that has these permissions. */
function tokenWith(...roles: readonly string[]): () => Promise<string> {
  const claims = Buffer.from(JSON.stringify({ idtyp: 'app', ...(roles.length > 0 ? { roles } : {}) }));
  return async () => `e30.${claims.toString('base64url')}.`;
}

const allPermissions = Object.keys(GRAPH_PERMISSIONS);

/** `graph: read users`, of each that is not as it should be. */
function wrong(checks: readonly ConnectionCheck[]): string[] {
  return checks.filter(({ problem }) => problem !== undefined).map(({ to, what }) => `${to}: ${what}`);
}

test('all is well when everything answers, and nothing was written to the target or to Graph', async () => {
  const checks = await testConnections({ ...app, graphToken: tokenWith(...allPermissions) }, settings);
  expect(wrong(checks)).toEqual([]);
  expect(new Set(checks.map(({ to }) => to))).toEqual(new Set(['storage', 'service bus', 'graph', target]));
  expect(checks.every(({ advice }) => advice === undefined)).toBe(true);
  expect(cloud.databricks.log.every(({ method }) => method === 'GET')).toBe(true);
  expect(cloud.databricks.log.length).toBeGreaterThan(0);
});

test('each permission that the token lacks is named, and the command that grants it', async () => {
  const some = allPermissions.filter(name => name !== 'Group.Read.All');
  const [line] = (await testConnections({ ...app, graphToken: tokenWith(...some) }, settings)).filter(
    ({ what }) => what === 'permissions in the token',
  );
  expect(line?.problem).toBe('missing: Group.Read.All');
  expect(line?.advice).toContain('infra/scripts/grant-graph-permissions.sh');
  // An identity to which nothing was granted has no roles in its token at all.
  const none = await testConnections({ ...app, graphToken: tokenWith() }, settings);
  expect(none.find(({ what }) => what === 'permissions in the token')?.problem).toBe(
    `missing: ${allPermissions.join(', ')}`,
  );
  const hidden = opened({ READ_HIDDEN_MEMBERSHIP: 'true' });
  const asked = await testConnections(
    { ...hidden.app, graphToken: tokenWith(...allPermissions) },
    hidden.settings,
  );
  expect(asked.find(({ what }) => what === 'permissions in the token')?.problem).toBe(
    'missing: Member.Read.Hidden',
  );
});

test("a person's token says nothing about the app's permissions", async () => {
  const claims = Buffer.from(JSON.stringify({ scp: 'User.Read' })).toString('base64url');
  const checks = await testConnections({ ...app, graphToken: async () => `e30.${claims}.` }, settings);
  expect(wrong(checks)).toEqual([]);
});

test('what Graph refuses is told with the permission that it takes, and the rest is asked all the same', async () => {
  cloud.directory.faults.fail = [
    {
      path: /^\/v1\.0\/(groups|\$batch)|^\/groups|transitiveMembers/,
      status: 403,
      code: 'Authorization_RequestDenied',
      times: 50,
    },
  ];
  const checks = await testConnections(app, settings);
  expect(wrong(checks)).toEqual(
    expect.arrayContaining(['graph: read groups', 'graph: read members', 'graph: follow groups']),
  );
  expect(wrong(checks).filter(line => !line.startsWith('graph: '))).toEqual([]);
  const groups = checks.find(({ what }) => what === 'follow groups');
  expect(groups?.problem).toContain('403');
  expect(groups?.advice).toContain('GroupMember.Read.All');
});

test('an enterprise application that is not there is told from a missing permission', async () => {
  const other = opened({ ENTRA_APPLICATION_OBJECT_ID: randomUUID() });
  const checks = await testConnections(other.app, other.settings);
  expect(wrong(checks)).toEqual(['graph: find the enterprise application']);
  expect(checks.find(({ problem }) => problem !== undefined)?.advice).toContain('Object ID');
});

test('subscriptions that are not there yet are told', async () => {
  const notified = opened({ NOTIFICATION_URL: 'http://127.0.0.1:9/api/graph-notifications' });
  const checks = await testConnections(notified.app, notified.settings);
  expect(wrong(checks)).toEqual(['graph: subscriptions']);
  expect(checks.find(({ what }) => what === 'subscriptions')?.problem).toBe('none to users and groups');
});

test('a target that refuses the token is told, without the token', async () => {
  const refused = opened({ DATABRICKS_SCIM_TOKEN: 'dapi-of-yesterday' });
  const checks = await testConnections(refused.app, refused.settings);
  expect(wrong(checks)).toEqual(
    expect.arrayContaining([
      `${target}: read users`,
      `${target}: list groups`,
      `${target}: list service principals`,
    ]),
  );
  expect(JSON.stringify(checks)).not.toContain('dapi-of-yesterday');
  expect(checks.find(({ to }) => to === target)?.advice).toContain('make-account-admin.sh');
});

test('a storage account that takes no writes is told with the role that it takes', async () => {
  storage.rules.push({
    method: /POST|PUT/,
    service: 'table',
    action: { kind: 'fail', status: 403, code: 'AuthorizationPermissionMismatch' },
  });
  const checks = await testConnections(app, settings);
  expect(wrong(checks)).toEqual(['storage: write tables']);
  expect(checks[0]?.advice).toContain('Storage Table Data Contributor');
});
