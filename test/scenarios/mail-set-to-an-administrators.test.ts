import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const mappings = {
  users: [
    { target: 'id', source: 'extensionAttribute1', matching: 1 },
    { target: 'userName', source: 'mail', matching: 2 },
    { target: 'displayName', source: 'displayName' },
  ],
};

test('an account whose name comes from a mail address is nobody’s to take who merely has that address', async () => {
  // Anybody who may edit an address, or an extension attribute, can give himself another person's.
  const [mallory, eve, bob, root] = [
    user('mallory', { mail: 'root@contoso.com' }),
    user('eve', { mail: 'Finance@contoso.com' }),
    user('bob'),
    user('root-in-entra', { mail: 'boss@contoso.com' }),
  ];
  const team = group('team', [bob.id, root.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [mallory, eve, bob, root],
      groups: [team],
      assigned: [mallory.id, eve.id, team.id],
    }),
    limits: 'off',
    config: { mappings },
    prepare: ({ cloud: { databricks } }) => {
      databricks.store.add({ type: 'Users', userName: 'root@contoso.com', roles: ['account_admin'] });
      databricks.store.add({ type: 'Users', userName: 'finance@contoso.com' });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const named = (name: string) => store.user(`${name}@contoso.com`);
  const foreign = [named('root'), named('finance')];
  await approvedInitialCycle(world);
  const adoptions = [
    { hold: `proposed-adoption user:${eve.id}`, ids: [named('finance')?.id] },
    { hold: `refused-adoption user:${mallory.id}`, ids: [named('root')?.id] },
  ];
  const holds = async () => (await openHolds(world)).sort((a, b) => (a.hold < b.hold ? -1 : 1));
  expect(await holds()).toEqual(adoptions);
  const held = (kind: string, { id }: { id: string }, about: string | undefined) =>
    world.eventually(`${kind} about ${about}`, async () =>
      (await openHolds(world)).some(({ hold, ids }) => hold === `${kind} user:${id}` && ids[0] === about),
    );

  // Live: an address that an administrator has whom we provisioned, an address of a foreign account, and its id.
  const live = writesFromNow(world);
  const taken = writesTo(live, [...foreign.map(account => account?.id ?? ''), named('boss')?.id ?? '']);
  directory.store.update(mallory.id, { mail: 'boss@contoso.com' });
  await held('name-in-use', mallory, root.id);
  directory.store.update(mallory.id, {
    mail: 'mallory@contoso.com',
    onPremisesExtensionAttributes: { extensionAttribute1: named('root')?.id },
  });
  directory.store.update(bob.id, { mail: 'root@contoso.com' });
  await held('user-name-change', bob, named('bob')?.id);
  await world.drained({ laterLooks: true });
  expect(taken()).toEqual([]);

  // Where a new name means a new account, nobody loses the old one to a name that he cannot have.
  await world.reconfigure({ mappings, lifecycle: { userNameChange: 'replace' } });
  await world.fire('reconcile');
  await world.drained({ laterLooks: true });
  for (const [name, kind, about] of [
    ['finance', 'proposed-adoption', named('finance')?.id],
    ['boss', 'name-in-use', root.id],
    ['root', 'refused-adoption', named('root')?.id],
  ] as const) {
    directory.store.update(bob.id, { mail: `${name}@contoso.com` });
    await held(kind, bob, about);
    await world.drained({ laterLooks: true });
    expect(named('bob'), name).toMatchObject({ active: true, externalId: bob.id });
    expect(store.group('team')?.members, name).toContain(named('bob')?.id);
  }
  directory.store.update(bob.id, { mail: 'bob@contoso.com' });
  await expectConverged(world);
  expect(taken()).toEqual([]);
  expect([named('root'), named('finance')]).toEqual(foreign);
  expect(named('boss')).toMatchObject({ externalId: root.id, active: true });
  expect((await holds()).map(({ hold }) => hold)).not.toContain(`user-name-change user:${bob.id}`);
});

async function approvedInitialCycle(world: World): Promise<void> {
  await world.fire('reconcile');
  await world.until(
    'the target is indexed',
    async () => (await world.state.targets.read(world.target)).indexed,
  );
  await world.state.targets.update(world.target, state => ({ ...state, planOnly: false }));
  await world.fire('reconcile');
  await world.drained({ laterLooks: true });
}

function writesTo(live: ReturnType<typeof writesFromNow>, ids: readonly string[]): () => string[] {
  return () => live.paths().filter(line => ids.some(id => line.includes(id)));
}
