import { expect, test } from 'vitest';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('who joins a group nested in one that was filtered out, and is still assigned, comes without waiting for an audit', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const nested = group('nested', [ada.id]);
  const team = group('team', [nested.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [nested, team], assigned: [team.id] }),
    limits: 'off',
    config: {
      scope: { filters: { groups: [[{ attribute: 'displayName', operator: 'NOT EQUALS', value: 'out' }]] } },
    },
  });
  const { directory, databricks } = world.cloud;
  const isOn = (alias: string): boolean => databricks.store.user(`${alias}@contoso.com`)?.active === true;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  directory.store.update(team.id, { displayName: 'out' });
  await world.eventually('the group is empty', () => databricks.store.group('team')?.members.size === 0);
  await world.drained({ laterLooks: true });
  expect(isOn('ada')).toBe(true);

  directory.store.addMember(nested.id, bob.id);
  await world.eventually('bob came', () => isOn('bob'), 300_000);
}, 120_000);
