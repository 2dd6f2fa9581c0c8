import { describe, expect, onTestFinished, test } from 'vitest';
import { onTestClock } from '../../harness/on-test-clock.ts';
import type { TestClock } from '../../harness/test-clock.ts';
import { ACCOUNT_ID, addWorkspace, call, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
let clock: TestClock;
onTestClock(async given => {
  clock = given;
  account = await startAccount();
  return account;
});

/** A federated workspace, a group of the account, and the door to its assignment. */
async function assignable(options: Parameters<typeof addWorkspace>[1] = {}) {
  const { workspace } = await addWorkspace(account, { federated: true, ...options });
  const group = account.store.add({ type: 'Groups', displayName: 'data' });
  const base = `/workspaces/${workspace.id}/permissionassignments`;
  return {
    workspace,
    group,
    list: async () => (await account.platform('GET', base)).text,
    send: (method: string, body?: unknown, principal = group.id) =>
      account.platform(method, `${base}/principals/${principal}`, body),
  };
}

test('the workspaces of an account are listed with their federation', async () => {
  await addWorkspace(account, { id: '4100', name: 'legacy' });
  await addWorkspace(account, { name: 'main', federated: true });
  const { status, json } = await account.platform('GET', '/workspaces');
  expect(status).toBe(200);
  expect(json).toMatchObject([
    {
      account_id: ACCOUNT_ID,
      workspace_id: 4100,
      workspace_name: 'legacy',
      deployment_name: expect.stringContaining('4100'),
      workspace_status: 'RUNNING',
      identity_federation_info: { enable_identity_federation: false },
    },
    { workspace_name: 'main', identity_federation_info: { enable_identity_federation: true } },
  ]);
  expect((await account.platform('GET', '/workspaces/4100')).json.workspace_name).toBe('legacy');
  expect((await account.platform('GET', '/workspaces/1')).status).toBe(404);
});

describe('assigning', () => {
  test.each([
    [['USER'], ['USER']],
    [['ADMIN'], ['ADMIN']],
    [['USER', 'ADMIN'], ['ADMIN']],
    [['user', 'USER', 'OWNER'], ['USER']],
  ])('%j gives %j', async (permissions, given) => {
    const { group, send, list } = await assignable();
    const { status, json } = await send('PUT', { permissions });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      permissions: given,
      principal: { display_name: 'data', group_name: 'data' },
    });
    expect(await list()).toContain(
      `"permissions":${JSON.stringify(given)},"principal":{"principal_id":${group.id},`,
    );
    expect((await send('GET')).json.permissions).toEqual(given);
  });

  test.each([
    ['an empty list', { permissions: [] }],
    ['nothing that is known', { permissions: ['admin', 'OWNER'] }],
    ['no list', {}],
  ])('%s takes everything away', async (_what, body) => {
    const { send, list } = await assignable();
    await send('PUT', { permissions: ['ADMIN'] });
    expect(await send('PUT', body)).toMatchObject({ status: 200, json: { permissions: [] } });
    expect(await list()).toBe('{"permission_assignments":[]}');
    expect((await send('GET')).status).toBe(404);
  });

  test('is undone by DELETE, and by deleting the principal from the account', async () => {
    const { group, send, list } = await assignable();
    await send('PUT', { permissions: ['USER'] });
    expect((await send('DELETE')).status).toBe(200);
    expect((await send('DELETE')).status).toBe(404);
    await send('PUT', { permissions: ['USER'] });
    await account.send('DELETE', `/Groups/${group.id}`);
    expect(await list()).toBe('{"permission_assignments":[]}');
  });

  test('writes ids as int64, which doubles cannot hold', async () => {
    const { group, send } = await assignable();
    const { text, json } = await send('PUT', { permissions: ['USER'] });
    expect(text).toContain(`"principal_id":${group.id},`);
    expect(`${json.principal.principal_id}`).not.toBe(group.id);
  });

  test('names users and service principals by what they are', async () => {
    const { send } = await assignable();
    const ada = account.store.add({ type: 'Users', userName: 'a@b.c' });
    const robot = account.store.add({ type: 'ServicePrincipals', applicationId: 'app' });
    const put = async (id: string) => (await send('PUT', { permissions: ['USER'] }, id)).json.principal;
    expect(await put(ada.id)).toMatchObject({ user_name: 'a@b.c' });
    expect(await put(robot.id)).toMatchObject({ service_principal_name: 'app' });
  });

  test('fails for a while after the workspace was created', async () => {
    const { workspace, group, send } = await assignable({ unsettledForMs: 30_000 });
    const early = await send('PUT', { permissions: ['USER'] });
    expect(early.status).toBe(404);
    expect(early.json.message).toBe(`Principal ${group.id} not in workspace ${workspace.id}`);
    clock.advance(30_000);
    expect((await send('PUT', { permissions: ['USER'] })).status).toBe(200);
  });

  test.each(['data', 'DATA', 'users'])('a group called as the local group %s is refused', async name => {
    const { workspace, send } = await assignable();
    if (name !== 'users') workspace.store.add({ type: 'Groups', displayName: name });
    const users = account.store.add({ type: 'Groups', displayName: 'users' });
    const { status } = await send('PUT', { permissions: ['USER'] }, name === 'users' ? users.id : undefined);
    expect(status).toBe(400);
    expect(workspace.assignments.size).toBe(0);
  });

  test('needs a workspace that is federated, and one of this account', async () => {
    const { send } = await assignable({ federated: false });
    expect(await send('PUT', { permissions: ['USER'] })).toMatchObject({
      status: 400,
      json: { message: 'Permission assignments not supported for current workspace.' },
    });
    expect((await account.platform('GET', '/workspaces/1/permissionassignments')).status).toBe(404);
  });

  test('somebody who is not in the account is refused', async () => {
    const { send } = await assignable();
    expect((await send('PUT', { permissions: ['USER'] }, '404')).status).toBe(404);
  });

  test('works from the workspace as well, and under the preview path', async () => {
    const { workspace, group, list } = await assignable();
    const own = `${workspace.url}/api/2.0/preview/permissionassignments`;
    const body = { permissions: ['ADMIN'] };
    expect((await call('PUT', `${own}/principals/${group.id}`, { body })).status).toBe(200);
    expect(await list()).toContain('"ADMIN"');
    const preview = `/api/2.0/preview/accounts/${ACCOUNT_ID}/workspaces/${workspace.id}/permissionassignments`;
    expect((await call('GET', `${account.databricks.url}${preview}`)).text).toBe(await list());
  });

  test('what can be given is listed', async () => {
    const { workspace } = await assignable();
    const path = `/workspaces/${workspace.id}/permissionassignments/permissions`;
    const { json } = await account.platform('GET', path);
    expect(json.permissions).toMatchObject([{ permission_level: 'USER' }, { permission_level: 'ADMIN' }]);
    expect((await account.platform('POST', path)).status).toBe(405);
  });
});

test('what is not SCIM has a limit of its own, five a second', async () => {
  account = await startAccount({ limits: {} });
  onTestFinished(() => account.close());
  const { send } = await assignable();
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) statuses.push((await send('PUT', { permissions: ['USER'] })).status);
  expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
  expect(statuses).toContain(429);
  expect((await account.send('POST', '/Groups', { displayName: 'other' })).status).toBe(201);
  clock.advance(1_000);
  expect((await send('PUT', { permissions: ['USER'] })).status).toBe(200);
});

test('faults strike there too, by their full path', async () => {
  const { group, send } = await assignable();
  account.databricks.faults.push({ path: /permissionassignments/, status: 500, times: 1, applied: true });
  expect((await send('PUT', { permissions: ['USER'] })).status).toBe(500);
  expect((await send('GET')).status).toBe(200);
  expect(account.databricks.log[0]?.path).toMatch(
    new RegExp(`/permissionassignments/principals/${group.id}$`),
  );
});
