import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memberNames, sendMessages } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';
import { runScript, temporaryFolder } from './scripts.ts';

test('the package, copied alone to an empty folder, provisions, hires, dismisses and dead-letters', async () => {
  await using built = await temporaryFolder();
  const { code, output } = await runScript('bundle', '--out', join(built.path, 'package'));
  expect(code, output).toBe(0);
  await using app = await temporaryFolder();
  await cp(join(built.path, 'package'), app.path, { recursive: true });
  await built[Symbol.asyncDispose]();

  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const inner = group('inner', [bob.id]);
  const team = group('team', [ada.id, inner.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [inner, team], assigned: [team.id] }),
    limits: 'off',
    appRoot: app.path,
    // What it is to do, it reads from its own folder alone.
    settings: {
      PROVISIONING_CONFIG_FILE: '',
      ENTRA_TENANT_ID: '',
      ENTRA_APPLICATION_OBJECT_ID: '',
      DATABRICKS_ACCOUNT_ID: '',
    },
    prepare: async ({ cloud: { settings } }) => {
      const config = {
        source: {
          tenantId: settings.ENTRA_TENANT_ID,
          applicationObjectId: settings.ENTRA_APPLICATION_OBJECT_ID,
        },
        targets: [{ accountId: settings.DATABRICKS_ACCOUNT_ID }],
      };
      await writeFile(join(app.path, 'provisioning.config.json'), JSON.stringify(config));
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(store.user('eve@contoso.com')).toBeUndefined();

  await world.fire('renew-subscriptions');
  directory.store.addMember(team.id, eve.id);
  await world.until(
    'the hire is a member',
    () => memberNames(world, 'team')?.includes('eve@contoso.com') ?? false,
  );
  directory.store.update(ada.id, { accountEnabled: false });
  await world.until('the leaver is switched off', () => store.user('ada@contoso.com')?.active === false);
  expect(store.user('eve@contoso.com')?.active).toBe(true);

  await sendMessages(world, [{ messageId: 'no-json', body: 'garbage' }]);
  await world.until('the message is dead-lettered', async () => (await world.deadLetters()).length > 0);
  const [letter, ...others] = await world.deadLetters();
  expect(others).toEqual([]);
  expect(letter?.deadLetterReason).toBe('InvalidMessage');
});
