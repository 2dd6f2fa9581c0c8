import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalCloud } from '../../src/local/cloud.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';
import { startAccountsHost } from '../harness/accounts-host.ts';
import { audit, expectConverged } from '../harness/converge.ts';
import { tenant } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';
import { startScimmy } from '../scim/scimmy-server.ts';
import { databricksKind, type KindOfTarget, scimmyKind } from './kinds-of-target.ts';
import { stories } from './provisioning-stories.ts';
import type { Story } from './provisioning-story.ts';

/** The same stories at every kind of target, all of them provisioned by one deployment at the same time. */

/** The Azure application of Databricks, for which tokens are asked. */
const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
/** A poll, and what its rows take. */
const ONE_POLL_MS = 75_000;
const TIMEOUT_MS = 300_000;
/** Without limits in the way: they have scenarios of their own. */
const requestsPerSecond = { get: 1_000, list: 1_000, write: 1_000, patch: 1_000 };

const told = stories.map(story => story());
const failures = new Map<Story, Map<string, unknown>>(told.map(story => [story, new Map()]));
const started: { close(): Promise<void> }[] = [];
let kinds: readonly KindOfTarget[] = [];
let toldToTheEnd = false;
let world: World | undefined;

beforeAll(async () => {
  const origins = new Map<string, string>();
  const host = await startAccountsHost(origins);
  started.push(host);
  let targets: object[] = [];
  /** Three accounts, one for each way to the account API, a workspace, and a server that is no Databricks. */
  const prepare = async ({
    cloud,
    state,
    watch,
  }: Pick<World, 'cloud' | 'state' | 'watch'>): Promise<void> => {
    const { databricks: latest } = cloud;
    const [legacy, proxied] = [await startAccount(cloud), await startAccount(cloud)];
    const foreignId = randomUUID();
    const scimmy = await startScimmy({
      path: `/api/2.1/accounts/${foreignId}/scim/v2`,
      acceptToken: token => cloud.identity.accepts(DATABRICKS, token),
    });
    started.push(scimmy);
    for (const { accountId, url } of [latest, legacy]) origins.set(accountId, url);
    origins.set(foreignId, scimmy.url);
    const [workspace, way] = [await latest.addWorkspace(), await proxied.addWorkspace()];
    for (const server of [host, legacy, proxied]) watch(server);
    kinds = [
      databricksKind('account 2.1', `account-${latest.accountId}`, latest),
      databricksKind('account 2.0', `account-${legacy.accountId}`, legacy),
      databricksKind('workspace', `workspace-${workspace.id}`, workspace),
      databricksKind('account by way of a workspace', `account-${proxied.accountId}`, proxied),
      scimmyKind('scimmy-routers', `account-${foreignId}`, scimmy),
    ];
    const signIn = { method: 'entra' };
    targets = [
      { accountId: latest.accountId, requestsPerSecond },
      { accountId: legacy.accountId, apiVersion: '2.0', signIn, requestsPerSecond },
      { kind: 'workspace', workspaceUrl: workspace.url, workspaceId: workspace.id, requestsPerSecond },
      { kind: 'workspaceProxy', accountId: proxied.accountId, workspaceUrl: way.url, requestsPerSecond },
      { accountId: foreignId, signIn, requestsPerSecond },
    ];
    for (const { before } of told) for (const kind of kinds) await before?.(kind, state);
  };
  world = await createWorld({
    seed: tenant({
      users: told.flatMap(story => story.users ?? []),
      groups: told.flatMap(story => story.groups ?? []),
      servicePrincipals: told.flatMap(story => story.servicePrincipals ?? []),
      assigned: told.flatMap(assignedIn),
    }),
    limits: 'off',
    settings: { DATABRICKS_HOST: host.url },
    prepare,
    config: () => ({ targets, scope: { nestedGroups: 'mirror' } }),
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  for (const story of told) for (const kind of kinds) tell(story, kind, story.first);
  const longest = Math.max(...told.map(({ steps = [] }) => steps.length));
  for (let step = 0; step < longest; step += 1) {
    for (const { steps } of told) steps?.[step]?.inEntra(world.cloud.directory.store);
    await world.idle(ONE_POLL_MS);
    await world.drained({ laterLooks: true });
    for (const story of told) for (const kind of kinds) tell(story, kind, story.steps?.[step]?.holds);
  }
  toldToTheEnd = true;
}, TIMEOUT_MS);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  for (const part of started.toReversed()) await part.close();
  for (const { name } of kinds) {
    const passed = toldToTheEnd ? told.filter(story => !failures.get(story)?.has(name)).length : 0;
    console.info(`${name}: passed ${passed} of ${told.length}`);
  }
});

test.for(told.map(story => ({ story, name: story.name })))('$name', ({ story }) => {
  expect(toldToTheEnd).toBe(true);
  expect(Object.fromEntries(failures.get(story) ?? [])).toEqual({});
});

test(
  'in the end nothing is left to write anywhere, and nothing failed',
  async () => {
    if (world === undefined) throw new Error('there is no world');
    await expectConverged(world);
    // That was for those of whose writes it knows.
    const before = kinds.map(kind => kind.writes().length);
    await audit(world);
    await world.drained({ laterLooks: true });
    expect(kinds.map(kind => kind.writes().length)).toEqual(before);
    expect(await world.deadLetters()).toEqual([]);
    const { holds, targets } = world.state;
    for (const target of world.targets) {
      expect(await targets.failures(target)).toEqual([]);
      const held = (await holds.list(target)).map(({ value }) => value.kind);
      expect(held.sort()).toEqual(['identity-re-use', 'protected-name']);
    }
  },
  TIMEOUT_MS,
);

/** The first thing that is not as a story says is what its test shows. */
function tell(
  story: Story,
  kind: KindOfTarget,
  expectation: ((kind: KindOfTarget) => void) | undefined,
): void {
  const found = failures.get(story);
  if (expectation === undefined || found?.has(kind.name)) return;
  try {
    expectation(kind);
  } catch (error) {
    found?.set(kind.name, error instanceof Error ? error.message : error);
  }
}

function assignedIn({ users = [], groups = [], servicePrincipals = [], assigned }: Story): readonly string[] {
  return assigned ?? [...users, ...groups, ...servicePrincipals].map(({ id }) => id);
}

async function startAccount(cloud: LocalCloud): Promise<LocalDatabricks> {
  const account = await startDatabricks({
    accountId: randomUUID(),
    limits: 'off',
    acceptToken: token => cloud.identity.accepts(DATABRICKS, token),
  });
  started.push(account);
  return account;
}
