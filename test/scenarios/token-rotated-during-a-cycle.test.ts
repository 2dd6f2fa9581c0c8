import { expect, test } from 'vitest';
import { KEY_VAULT_RESOURCE, type LocalKeyVault, startKeyVault } from '../../src/local/key-vault.ts';
import { expectConverged } from '../harness/converge.ts';
import { tenant, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const PEOPLE = 300;
const DAY_MS = 24 * 3_600_000;
const SECRET = 'scim-token';

test('a token is replaced three times in the middle of 300 changes, and none of them fails', async () => {
  let vault: LocalKeyVault | undefined;
  const people = users(PEOPLE);
  await using world = await createWorld({
    seed: tenant({ users: people, assigned: people.map(({ id }) => id) }),
    limits: 'off',
    settings: { DATABRICKS_SCIM_TOKEN: '' },
    prepare: async ({ cloud }) => {
      vault = await startKeyVault({
        acceptToken: token => cloud.identity.accepts(KEY_VAULT_RESOURCE, token),
      });
      vault.set(SECRET, cloud.databricks.scimTokens[0] ?? '');
    },
    config: ({ databricks: { accountId } }) => ({
      targets: [
        {
          accountId,
          signIn: { method: 'token', keyVaultSecret: vault?.secretUrl(SECRET) },
          requestsPerSecond: { write: 20 },
        },
      ],
    }),
  });
  if (vault === undefined) throw new Error('there is no vault');
  await using _ = { [Symbol.asyncDispose]: () => vault?.close() ?? Promise.resolve() };
  const { databricks } = world.cloud;
  const created = (count: number) =>
    world.until(`${count} accounts`, () => databricks.store.users.length >= count);
  const refused = (): number => databricks.log.filter(({ status }) => status === 401).length;
  const quarantined = (): boolean => world.logs.some(line => line.includes('target-quarantined'));
  await world.fire('reconcile');

  // Both are valid for a day, as the account console has it.
  await created(50);
  vault.set(SECRET, databricks.regenerateScimToken(DAY_MS));
  await created(120);
  expect(refused()).toBe(0);

  // The one before it ends at once: who is refused reads the vault again, and goes on.
  vault.set(SECRET, databricks.regenerateScimToken(0));
  await created(200);
  expect(quarantined()).toBe(false);

  // It ends before anybody has told the vault: nothing can be written until somebody does, and nothing is lost.
  const late = databricks.regenerateScimToken(0);
  await world.until('the target is left alone', quarantined);
  await world.pass(10_000);
  const meanwhile = databricks.store.users.length;
  expect(meanwhile).toBeLessThan(PEOPLE);
  vault.set(SECRET, late);
  await created(PEOPLE);

  await expectConverged(world);
  expect(databricks.store.users.every(({ active }) => active)).toBe(true);
  expect(await world.deadLetters()).toEqual([]);
  expect(await world.state.targets.failures(world.target)).toEqual([]);
  expect(world.logs.filter(line => line.includes('dead-letter'))).toEqual([]);
}, 180_000);
