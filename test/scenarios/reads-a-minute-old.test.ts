import { expect, test } from 'vitest';
import type { Realm } from '../../src/local/databricks/realm.ts';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** Databricks' caches hold for up to a minute, and what one read showed the next one may not. */
const LAG_MS = 60_000;
const aliases = ['ada', 'bob', 'eve', 'fay', 'gus', 'hal'] as const;
type Alias = (typeof aliases)[number];

test('a target whose reads are up to a minute old, through hires, leavers and moves, with an audit in the middle', async () => {
  const people = Object.fromEntries(aliases.map(alias => [alias, user(alias)])) as Record<
    Alias,
    ReturnType<typeof user>
  >;
  const { ada, bob, eve, fay, gus, hal } = people;
  const [crew, data] = [group('crew', [ada.id, bob.id, eve.id]), group('data', [bob.id, fay.id])];
  await using world = await createWorld({
    seed: tenant({
      users: Object.values(people),
      groups: [crew, data],
      assigned: [crew.id, data.id],
    }),
    limits: 'off',
    prepare: ({ cloud }) => {
      Object.assign(cloud.databricks, { readLagMs: LAG_MS, steadyLag: true });
    },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();

  // No read shows anything of what the initial cycle wrote: to an audit the target looks empty.
  const unchanged = writesFromNow(world);
  await audit(world);
  expect(unchanged.paths()).toEqual([]);
  directory.store.addMember(crew.id, gus.id);
  directory.store.removeMember(crew.id, eve.id);
  directory.store.addMember(data.id, ada.id);
  directory.store.update(bob.id, { accountEnabled: false });
  await world.eventually('gus is in', () => memberNames(world, 'crew')?.includes('gus@contoso.com') === true);
  await world.eventually('bob is off', () => databricks.store.user('bob@contoso.com')?.active === false);

  // Back again; every read shows him as off, which is not somebody else's doing.
  directory.store.update(bob.id, { accountEnabled: true });
  await world.eventually('bob is on', () => databricks.store.user('bob@contoso.com')?.active === true);
  await audit(world);
  expect(await openHolds(world)).toEqual([]);

  // Audits that read a mixture of before and after, while it goes on changing.
  databricks.steadyLag = false;
  directory.store.addMember(data.id, hal.id);
  directory.store.removeMember(data.id, fay.id);
  directory.store.addMember(crew.id, fay.id);
  await audit(world);
  directory.store.update(crew.id, { displayName: 'crew of the day' });
  directory.store.update(gus.id, { displayName: 'Gus Again' });
  await audit(world);
  await world.drained({ laterLooks: true });

  expect(memberNames(world, 'crew of the day')).toEqual([
    'ada@contoso.com',
    'bob@contoso.com',
    'fay@contoso.com',
    'gus@contoso.com',
  ]);
  expect(memberNames(world, 'data')).toEqual(['ada@contoso.com', 'bob@contoso.com', 'hal@contoso.com']);
  const { store } = databricks;
  expect(activeAliases(world)).toEqual(['ada', 'bob', 'fay', 'gus', 'hal']);
  expect(store.user('gus@contoso.com')?.displayName).toBe('Gus Again');
  expect(databricks.staleReads).toBeGreaterThanOrEqual(8);
  await expectConverged(world);

  // Everybody was created once, nobody is taken for gone, and nothing went forth and back.
  const created = databricks.log.filter(({ method, path }) => method === 'POST' && path === '/Users');
  expect(created.map(({ body }) => (body as { userName: string }).userName).sort()).toEqual(
    aliases.map(alias => `${alias}@contoso.com`),
  );
  expect(store.groups).toHaveLength(2);
  expect(await openHolds(world)).toEqual([]);
  for await (const { value } of world.state.links.list(world.target)) expect(value.status).toBe('linked');
  const crewId = store.group('crew of the day')?.id ?? '';
  const dataId = store.group('data')?.id ?? '';
  expect(turnsOf(databricks)).toEqual(
    new Map([
      [`${scimIdOf(world, 'bob')} active`, ['off', 'on']],
      [`${scimIdOf(world, 'eve')} active`, ['off']],
      ...['ada', 'bob', 'fay', 'gus'].map(alias => turn(crewId, alias, 'in')),
      turn(crewId, 'eve', 'in', 'out'),
      ...['ada', 'bob', 'hal'].map(alias => turn(dataId, alias, 'in')),
      turn(dataId, 'fay', 'in', 'out'),
    ]),
  );
  expect(await world.deadLetters()).toEqual([]);

  function turn(groupId: string, alias: string, ...turns: string[]): [string, string[]] {
    return [`${scimIdOf(world, alias)} in ${groupId}`, turns];
  }
});

function activeAliases({ cloud: { databricks } }: World): string[] {
  return databricks.store.users
    .filter(({ active }) => active)
    .map(({ userName = '' }) => userName.replace('@contoso.com', ''))
    .sort();
}

interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}

/** What each account and each membership was turned into, one after the other; the same once more is no turn. */
function turnsOf({ log }: Realm): Map<string, string[]> {
  const turns = new Map<string, string[]>();
  const note = (what: string, turn: string): void => {
    const before = turns.get(what) ?? [];
    if (before.at(-1) !== turn) turns.set(what, [...before, turn]);
  };
  for (const { method, path, body, status } of log) {
    if (method !== 'PATCH' || status >= 300) continue;
    const id = path.split('/').at(-1) ?? '';
    for (const { op, path: attribute = '', value } of (body as { Operations: Operation[] }).Operations) {
      const removed = /^members\[value eq "(\d+)"\]$/.exec(attribute)?.[1];
      if (removed !== undefined) note(`${removed} in ${id}`, 'out');
      if (op === 'add' && attribute === 'members')
        for (const member of value as { value: string }[]) note(`${member.value} in ${id}`, 'in');
      if (attribute === 'active') note(`${id} active`, value === false ? 'off' : 'on');
    }
  }
  return turns;
}
