import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('people who took over each other’s names get neither each other’s accounts nor into them', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const secrets = group('secrets', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [secrets], assigned: [ada.id, bob.id, secrets.id] }),
    limits: 'off',
    config: { lifecycle: { userNameChange: 'report' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true, withinMs: 240_000 });
  const accounts = () =>
    store.users.map(({ userName, externalId, active }) => [userName, externalId, active]);
  const own = (active: boolean) => [
    ['ada@contoso.com', ada.id, active],
    ['bob@contoso.com', bob.id, active],
  ];
  const swap = (a: string, b: string): void => {
    directory.store.update(ada.id, { userPrincipalName: 'between@contoso.com' });
    directory.store.update(bob.id, { userPrincipalName: `${b}@contoso.com` });
    directory.store.update(ada.id, { userPrincipalName: `${a}@contoso.com` });
  };
  const isOff = () => store.users.every(({ active }) => active === false);

  // Whoever signs in as ada is bob now: her account must not let him in, nor his her.
  for (const userNameChange of ['report', 'replace']) {
    await world.reconfigure({ lifecycle: { userNameChange } });
    const live = writesFromNow(world);
    swap('bob', 'ada');
    await world.eventually(`${userNameChange}: both are off`, isOff, 120_000);
    await world.drained({ laterLooks: true, withinMs: 240_000 });
    expect(
      live.paths().filter(path => path.startsWith('POST')),
      userNameChange,
    ).toEqual([]);
    expect(accounts().sort(), userNameChange).toEqual(own(false));
    expect(new Set((await openHolds(world)).map(({ hold }) => hold.split(':')[1])), userNameChange).toEqual(
      new Set([ada.id, bob.id]),
    );
    swap('ada', 'bob');
    await world.eventually(
      `${userNameChange}: both are on`,
      () => store.users.every(each => each.active),
      120_000,
    );
    await world.drained({ laterLooks: true, withinMs: 240_000 });
    expect(accounts().sort(), userNameChange).toEqual(own(true));
  }
  await expectConverged(world);
  expect(memberNames(world, 'secrets')).toEqual(['ada@contoso.com']);
  expect(await openHolds(world)).toEqual([]);
});
