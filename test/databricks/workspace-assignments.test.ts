import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssignmentRefused, assignmentFailure } from '../../src/databricks/assignment-failure.ts';
import { WorkspaceAssignments } from '../../src/databricks/workspace-assignments.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { ScimError, ScimTransportError } from '../../src/scim/errors.ts';
import { bearer } from '../scim/bearer.ts';

const ACCOUNT_ID = '8b3c1a52-0000-4000-8000-000000000001';
let databricks: LocalDatabricks;
let workspace: LocalWorkspace;
let client: WorkspaceAssignments;
let crew: string;

beforeEach(async () => {
  databricks = await startDatabricks({
    accountId: ACCOUNT_ID,
    limits: 'off',
    acceptToken: token => token === 'admin',
  });
  databricks.scimTokens.push('scim');
  workspace = await databricks.addWorkspace({ federated: true });
  client = clientOf('admin');
  crew = databricks.store.add({ type: 'Groups', displayName: 'crew' }).id;
});
afterEach(() => databricks.close());

function clientOf(token: string, host = databricks.url): WorkspaceAssignments {
  const options = { host, accountId: ACCOUNT_ID, allowInsecureConnection: true };
  return new WorkspaceAssignments({ ...options, authorization: bearer(token) });
}

/** What a request that fails means. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return assignmentFailure(error);
  }
  throw new Error('it did not fail');
}

test('ids are read with all of their digits, whatever the principal is', async () => {
  const user = databricks.store.add({ type: 'Users', userName: 'ada@contoso.com' }).id;
  const robot = databricks.store.add({ type: 'ServicePrincipals', applicationId: 'robot' }).id;
  await client.assign(workspace.id, crew, 'USER');
  await client.assign(workspace.id, user, 'ADMIN');
  await client.assign(workspace.id, robot, 'USER');
  expect([crew, user, robot].some(id => `${Number(id)}` !== id)).toBe(true);
  expect(await client.list(workspace.id)).toEqual([
    { principalId: crew, type: 'Groups', permission: 'USER' },
    { principalId: user, type: 'Users', permission: 'ADMIN' },
    { principalId: robot, type: 'ServicePrincipals', permission: 'USER' },
  ]);
});

test('what is taken away is gone, and taking it away again is no failure', async () => {
  await client.assign(workspace.id, crew, 'ADMIN');
  await client.remove(workspace.id, crew);
  await client.remove(workspace.id, crew);
  expect(await client.list(workspace.id)).toEqual([]);
});

describe('a refusal says what has to change:', () => {
  test.each([
    ['a group of the workspace has the name', 'a group of its own of the same name'],
    ['the workspace is not federated', 'no identity federation'],
    ['the account has no such workspace', 'no such workspace'],
  ])('%s', async (what, text) => {
    if (what.startsWith('a group')) workspace.store.add({ type: 'Groups', displayName: 'Crew' });
    if (what.includes('federated')) workspace.federated = false;
    const id = what.includes('account') ? '1' : workspace.id;
    const found = await failure(client.assign(id, crew, 'USER'));
    expect(found).toBeInstanceOf(AssignmentRefused);
    expect(String(found)).toContain(text);
  });

  test('a SCIM token opens nothing but SCIM, and nothing else of the target waits for that', async () => {
    const found = await failure(clientOf('scim').list(workspace.id));
    expect(found).toBeInstanceOf(Permanent);
    expect(found).toMatchObject({ code: 'AccountSignInRefused' });
    expect(String(found)).toContain('the token of the test. Check that accountSignIn');
  });

  test('whom a new workspace does not know yet, it knows later', async () => {
    workspace.unsettledUntil = Date.now() + 60_000;
    expect(await failure(client.assign(workspace.id, crew, 'USER'))).toBeInstanceOf(RetryLater);
    workspace.unsettledUntil = 0;
    await client.assign(workspace.id, crew, 'USER');
  });

  test('throttling stays what it is, with the wait that was asked for', async () => {
    databricks.faults.push({ status: 429, times: 1, headers: { 'Retry-After': '7' } });
    const found = await failure(client.assign(workspace.id, crew, 'USER'));
    expect(found).toBeInstanceOf(ScimError);
    expect(found).toMatchObject({ status: 429, retryAfterMs: 7_000 });
  });
});

test.each([
  ['another permission', '{"permissions":["USER"],"principal":{"principal_id":7}}'],
  ['an error within a success', '{"error":"Principal 7 cannot be assigned"}'],
  ['a page to sign in', '<html>sign in</html>'],
])('an answer that is none is not taken for one: %s', async (_what, body) => {
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(clientOf('any', host).assign('1', '7', 'ADMIN')).rejects.toThrow(ScimTransportError);
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});
