import { expect, test } from 'vitest';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { audit, expectConverged } from '../harness/converge.ts';
import { writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a workspace gives and takes the entitlements that are declared, and leaves all others alone', async () => {
  const ada = user('ada', { department: 'workspace-access' });
  const bob = user('bob', { department: 'allow-instance-pool-create' });
  const crew = group('crew', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [crew], assigned: [crew.id] }),
    limits: 'off',
    prepare: async ({ cloud }) => {
      await cloud.databricks.addWorkspace({ limits: 'off' });
    },
    config: ({ databricks: { accountId, workspaces } }) => ({
      targets: [
        { accountId, scope: { exclude: [bob.id] } },
        ...[...workspaces.values()].map(({ id, url }) => ({
          kind: 'workspace',
          workspaceUrl: url,
          workspaceId: id,
          mappings: {
            users: [
              { target: 'userName', source: 'userPrincipalName' },
              {
                target: 'entitlements',
                source: 'department',
                values: ['workspace-access', 'allow-cluster-create'],
                assert: true,
              },
            ],
            groups: [
              { target: 'displayName', source: 'displayName' },
              {
                target: 'entitlements',
                constant: 'databricks-sql-access',
                values: ['databricks-sql-access'],
              },
            ],
          },
        })),
      ],
    }),
  });
  const { directory, databricks } = world.cloud;
  const [workspace] = [...databricks.workspaces.values()] as [LocalWorkspace];
  const { store } = workspace;
  const entitled = () => ({
    ada: [...(store.user('ada@contoso.com')?.entitlements ?? [])].sort(),
    bob: [...(store.user('bob@contoso.com')?.entitlements ?? [])].sort(),
    crew: [...(store.group('crew')?.entitlements ?? [])].sort(),
  });
  const give = (type: 'Users' | 'Groups', id: string | undefined, ...entitlements: string[]): void => {
    store.change(type, id ?? '', { entitlements: new Set(entitlements) });
  };
  await world.initialCycle();
  // What bob's department names is not declared.
  expect(entitled()).toEqual({ ada: ['workspace-access'], bob: [], crew: ['databricks-sql-access'] });
  await expectConverged(world);
  const outside = world.logs.filter(line => line.includes('outside-account'));
  expect(outside.at(-1)).toContain('count=1');
  expect(outside.at(-1)).toContain(`user:${bob.id}`);

  // Another administrator gives what is declared, and what is not, and takes something away.
  const adaId = store.user('ada@contoso.com')?.id;
  give('Users', adaId, 'workspace-access', 'allow-cluster-create', 'databricks-sql-access');
  give('Groups', store.group('crew')?.id, 'workspace-access', 'allow-cluster-create');
  await audit(world);
  expect(entitled()).toEqual({
    ada: ['databricks-sql-access', 'workspace-access'],
    bob: [],
    crew: ['allow-cluster-create', 'databricks-sql-access', 'workspace-access'],
  });

  // Moved on in Entra ID: one goes, another comes.
  directory.store.update(ada.id, { department: 'allow-cluster-create' });
  await world.eventually('ada has the other one', () => entitled().ada.includes('allow-cluster-create'));
  expect(entitled().ada).toEqual(['allow-cluster-create', 'databricks-sql-access']);
  await expectConverged(world);

  const operations = writes(world, workspace).flatMap(({ method, path, body }) =>
    method === 'PATCH' && path === `/Users/${adaId}` ? (body as { Operations: object[] }).Operations : [],
  );
  expect(operations).toEqual([
    { op: 'remove', path: 'entitlements[value eq "allow-cluster-create"]' },
    { op: 'remove', path: 'entitlements[value eq "workspace-access"]' },
    { op: 'add', path: 'entitlements', value: [{ value: 'allow-cluster-create' }] },
  ]);
  expect(await world.deadLetters()).toEqual([]);
});
