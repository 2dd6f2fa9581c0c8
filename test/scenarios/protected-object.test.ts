import { expect, test } from 'vitest';
import { expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a protected account is never switched off: not when disabled, not when unassigned, not when deleted', async () => {
  const [glass, ada] = [user('break-glass'), user('ada')];
  await using world = await createWorld({
    seed: tenant({ users: [glass, ada], assigned: [glass.id, ada.id] }),
    limits: 'off',
    settings: { PROTECTED_OBJECT_IDS: ` ${glass.id.toUpperCase()} ` },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const changes = writesFromNow(world);
  for (const { id } of [glass, ada]) directory.store.update(id, { accountEnabled: false });
  await world.eventually('the other one is off', () => store.user('ada@contoso.com')?.active === false);
  await world.drained({ laterLooks: true });
  directory.store.unassign(directory.store.truth.assignmentsOf(glass.id)[0]?.id ?? '');
  await world.idle(130_000);
  directory.store.delete(glass.id);
  await world.idle(130_000);
  directory.store.purge(glass.id);
  await expectConverged(world);
  // Nor is it planned: a comparison that wants it for ever would never call the target converged.
  expect(world.logs.findLast(line => line.includes('audit-done'))).toContain('differences=0');
  expect(takingAway(changes.records())).toHaveLength(1);
  expect(store.user('break-glass@contoso.com')?.active).toBe(true);
});
