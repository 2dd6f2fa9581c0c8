import { expect, test } from 'vitest';
import type { Realm } from '../../src/local/databricks/realm.ts';
import { expectConverged } from '../harness/converge.ts';
import { march, memberNames } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('an account that hangs or refuses us delays nothing in the workspace beside it, and gets everything when it is back', async () => {
  const people = users(40);
  const eve = user('eve');
  const team = group('team', [...people.map(({ id }) => id), eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [...people, eve], groups: [team], assigned: [team.id] }),
    limits: 'off',
    prepare: async ({ cloud }) => {
      const workspace = await cloud.databricks.addWorkspace({ limits: 'off' });
      workspace.tokens.push('dapi-legacy');
    },
    settings: { LEGACY_TOKEN: 'dapi-legacy' },
    config: ({ databricks, settings }) => ({
      targets: [
        { accountId: settings.DATABRICKS_ACCOUNT_ID },
        ...[...databricks.workspaces.values()].map(({ id, url }) => ({
          kind: 'workspace',
          workspaceId: id,
          workspaceUrl: url,
          signIn: { method: 'token', setting: 'LEGACY_TOKEN' },
          requestsPerSecond: { get: 200, list: 100, write: 100, patch: 100 },
        })),
      ],
    }),
  });
  const { directory, databricks } = world.cloud;
  const isRenamed = ({ store }: Pick<Realm, 'store'>): boolean =>
    people.every(({ userPrincipalName }) => store.user(userPrincipalName)?.displayName === 'renamed');
  const [workspace] = databricks.workspaces.values();
  if (workspace === undefined) throw new Error('no workspace');
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toHaveLength(41);
  expect(memberNames(world, 'team', workspace)).toHaveLength(41);

  // The account takes requests and answers none: more of them wait than an instance has invocations.
  const hung = Promise.withResolvers<void>();
  let held = 0;
  databricks.gate = () => {
    held += 1;
    return hung.promise;
  };
  const begin = Date.now();
  for (const { id } of people) directory.store.update(id, { displayName: 'renamed' });
  await march(world, 'everybody is renamed in the workspace', () => isRenamed(workspace));
  expect(Date.now() - begin).toBeLessThan(20_000);
  expect(held).toBeGreaterThan(5);
  expect(isRenamed(databricks)).toBe(false);

  // Then it answers again, and refuses us: a quarantine of its own.
  databricks.faults.push({ status: 401, times: Number.POSITIVE_INFINITY });
  databricks.gate = undefined;
  hung.resolve();
  directory.store.update(eve.id, { accountEnabled: false });
  await world.until(
    'the dismissed is off in the workspace',
    () => workspace.store.user('eve@contoso.com')?.active === false,
    20_000,
  );
  const [account = '', legacy = ''] = world.targets;
  await world.eventually(
    'the account is in quarantine',
    async () => (await world.state.targets.read(account)).quarantine !== undefined,
  );
  expect((await world.state.targets.read(legacy)).quarantine).toBeUndefined();
  expect(databricks.store.user('eve@contoso.com')?.active).toBe(true);

  databricks.faults.length = 0;
  await world.eventually(
    'the account has everything',
    () => databricks.store.user('eve@contoso.com')?.active === false && isRenamed(databricks),
    900_000,
  );
  expect(await world.deadLetters()).toEqual([]);
  await expectConverged(world);
});
