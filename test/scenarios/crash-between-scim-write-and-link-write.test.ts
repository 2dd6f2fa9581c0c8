import { expect, test } from 'vitest';
import type { IncomingRequest } from '../../src/local/databricks/types.ts';
import { memberNames, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

/** How long the lease of a target outlives its owner, at most: then a fresh message finds intents that are still young. */
const LEASE_MS = 31_000;
/** How long the lock of a message outlives its receiver, at most: then the broken-off look itself is repeated. */
const LOCK_MS = 61_000;

/**
 * Does `change`, kills the apply worker right after the target has applied the request that `matches`, and before
 * anybody could have heard its answer, does `meanwhile`, and starts another worker after `downMs`.
 */
async function crashAfter(
  world: World,
  matches: (request: IncomingRequest) => boolean,
  change: () => Promise<void> | void,
  { downMs, meanwhile }: { downMs: number; meanwhile?: () => void },
): Promise<void> {
  const { databricks } = world.cloud;
  const worker = world.workers.findLast(({ functions }) => functions.includes('apply-change'));
  let crashed = false;
  databricks.afterApply = async request => {
    if (crashed || !matches(request)) return;
    crashed = true;
    await worker?.kill();
  };
  await change();
  await world.eventually('the worker was killed', () => crashed, 180_000);
  databricks.afterApply = undefined;
  meanwhile?.();
  world.clock.advance(downMs);
  await world.start(APPLY);
}

test('a worker that dies between a write and its record leaves nothing double, nothing lost and nothing wrong', async () => {
  const [ada, bob, carol, dave] = [user('ada'), user('bob'), user('carol'), user('dave')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, carol, dave],
      groups: [team],
      assigned: [team.id, ada.id, bob.id, carol.id],
    }),
    limits: 'off',
    workers: [FEEDS, APPLY],
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const watch = watchWrites(world);

  // POST Users and POST Groups, in the initial cycle.
  await crashAfter(
    world,
    ({ method, path, body }) =>
      method === 'POST' && path === '/Users' && JSON.stringify(body).includes('ada@'),
    () => world.fire('reconcile'),
    { downMs: LOCK_MS },
  );
  await crashAfter(
    world,
    ({ method, path }) => method === 'POST' && path === '/Groups',
    () => world.fire('poll-directory'),
    { downMs: LEASE_MS },
  );
  await world.eventually('the team is complete', () => memberNames(world, 'team')?.length === 2, 300_000);
  await world.drained({ laterLooks: true });
  expect(store.users.map(({ userName }) => userName).sort()).toEqual([
    'ada@contoso.com',
    'bob@contoso.com',
    'carol@contoso.com',
  ]);
  expect(store.groups.map(({ displayName }) => displayName)).toEqual(['team']);
  // What was created is found again by its recorded name, instead of being created again.
  expect(watch.lines().filter(write => write === 'POST /Users')).toHaveLength(3);
  expect(watch.lines().filter(write => write === 'POST /Groups')).toHaveLength(1);
  for (const person of [ada, bob, carol]) {
    const link = await world.state.links.get(world.target, { kind: 'user', id: person.id });
    expect(link?.value.status).toBe('linked');
    expect(link?.value.scimId).toBe(store.user(person.userPrincipalName)?.id);
  }

  // PATCH Users: what was written is unknown, and the source has gone back to what our record still says.
  await crashAfter(
    world,
    ({ method, path, body }) =>
      method === 'PATCH' && path.startsWith('/Users/') && JSON.stringify(body).includes('lost'),
    () => directory.store.update(ada.id, { displayName: 'lost' }),
    {
      downMs: LEASE_MS,
      meanwhile: () => {
        expect(store.user('ada@contoso.com')?.displayName).toBe('lost');
        directory.store.update(ada.id, { displayName: 'ada' });
      },
    },
  );
  await world.eventually(
    'ada has her old name',
    () => store.user('ada@contoso.com')?.displayName === 'ada',
    180_000,
  );

  // PATCH members: an add and a removal of which nobody knows are undone in the source meanwhile.
  await crashAfter(
    world,
    ({ method, path }) => method === 'PATCH' && path.startsWith('/Groups/'),
    () => {
      directory.store.addMember(team.id, carol.id);
      directory.store.removeMember(team.id, bob.id);
    },
    {
      downMs: LEASE_MS,
      meanwhile: () => {
        expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'carol@contoso.com']);
        directory.store.removeMember(team.id, carol.id);
        directory.store.addMember(team.id, bob.id);
      },
    },
  );
  await world.eventually(
    'the members are as before',
    () => memberNames(world, 'team')?.join() === 'ada@contoso.com,bob@contoso.com',
    300_000,
  );

  await world.drained({ laterLooks: true });
  const settled = watch.lines().length;
  directory.store.update(ada.id, { displayName: 'Ada' });
  await world.until('a later change is applied', () => store.user('ada@contoso.com')?.displayName === 'Ada');
  await world.drained({ laterLooks: true });
  expect(watch.lines().slice(settled)).toEqual([`PATCH /Users/${store.user('ada@contoso.com')?.id}`]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(store.users.every(({ active }) => active)).toBe(true);
  expect(store.users).toHaveLength(3);
  expect(world.logs.filter(line => line.includes('held '))).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
