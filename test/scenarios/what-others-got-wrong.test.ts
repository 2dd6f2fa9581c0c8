import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** Each line of what other synchronisers got wrong, as far as their issue trackers tell, in one tenant. */
test('apostrophes, devices, big groups, doubles and everything else that broke other synchronisers', async () => {
  const brien = user("o'brien", { displayName: "Siobhán O'Brien" });
  const [ada, eve] = [user('ada'), user('eve')];
  const device = { id: crypto.randomUUID(), displayName: 'LAB-PC-07' };
  const crowd = users(102, 'crowd');
  // A device between two people once repeated the one before it, and a device in front of all stopped everything.
  const quoted = group(`O'Brien & "friends" \\ 100%`, [device.id, brien.id, ada.id]);
  const big = group('big', [...crowd.map(({ id }) => id), device.id]);
  const doubled = group('doubled', [ada.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [brien, ada, eve, ...crowd],
      devices: [device],
      groups: [quoted, big, doubled],
      assigned: [quoted.id, big.id, doubled.id, eve.id],
    }),
    limits: 'off',
    prepare: ({ cloud }) => {
      const { store } = cloud.databricks;
      const local = store.add({ type: 'Users', userName: 'local@partner.example', roles: ['account_admin'] });
      store.add({ type: 'Groups', displayName: 'local group', members: [local.id] });
      // Two resources that could be the one: neither is taken, and none is created beside them.
      for (const displayName of ['doubled', 'doubled (old)'])
        store.add({ type: 'Groups', displayName, externalId: doubled.id });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  const foreign = JSON.stringify([store.user('local@partner.example'), store.group('local group')]);
  await world.drained({ laterLooks: true });
  expect((await openHolds(world)).map(({ hold, ids }) => [hold, ids.length])).toEqual([
    [`ambiguous-match group:${doubled.id}`, 2],
  ]);
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(
    [quoted.displayName, 'big', 'doubled', 'doubled (old)', 'local group'].sort(),
  );
  expect(memberNames(world, quoted.displayName ?? '')).toEqual(['ada@contoso.com', "o'brien@contoso.com"]);
  expect(memberNames(world, 'big')).toHaveLength(102);

  // Renamed twice: the same resource, and no second group.
  const id = store.group(quoted.displayName ?? '')?.id;
  directory.store.update(quoted.id, { displayName: "the O'Briens" });
  await world.eventually('it is renamed', () => store.group("the O'Briens")?.id === id);

  // Disabled and out of every group in the same moment; somebody else out of all scope and deleted for good.
  directory.store.update(ada.id, { accountEnabled: false });
  directory.store.removeMember(quoted.id, ada.id);
  directory.store.delete(eve.id);
  directory.store.purge(eve.id);
  await world.fire('poll-directory');
  const isOff = (alias: string): boolean => store.user(`${alias}@contoso.com`)?.active === false;
  await world.eventually('both are off', () => isOff('ada') && isOff('eve'));
  await world.eventually(
    'she is out of the group',
    () => memberNames(world, "the O'Briens")?.join() === "o'brien@contoso.com",
  );

  // What nobody of ours made is as it was, and nothing was ever deleted, put as a whole, or emptied.
  expect(JSON.stringify([store.user('local@partner.example'), store.group('local group')])).toBe(foreign);
  const all = writes(world);
  expect(all.filter(({ method }) => method === 'PUT' || method === 'DELETE')).toEqual([]);
  const operations = all.flatMap(({ body }) => (body as { Operations?: Operation[] }).Operations ?? []);
  const removals = operations.filter(({ op }) => op === 'remove');
  expect(removals.length).toBeGreaterThan(0);
  expect(removals.filter(({ path, value }) => path === 'members' || value !== undefined)).toEqual([]);
  const reads = databricks.log.filter(({ method, path }) => method === 'GET' && path.includes('filter='));
  expect(reads.filter(({ path }) => !/filter=\w+ eq ".*"/.test(path))).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
  await expectConverged(world);
});

interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}
