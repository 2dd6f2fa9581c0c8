import { expect, test } from 'vitest';
import type { GateEvent } from '../../src/local/storage/storage-proxy.ts';
import { memberNames, watchWrites } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

/** Polls, and kills the worker of the feeds at the first storage request that `matches`; then starts another one. */
async function crashInPoll(
  world: World,
  what: string,
  matches: (event: GateEvent) => boolean,
): Promise<void> {
  const { storage } = world;
  const feeds = world.workers.findLast(({ functions }) => functions.includes('poll-directory'));
  let crashed = false;
  storage.gate = async event => {
    if (crashed || !matches(event)) return;
    crashed = true;
    await feeds?.kill();
    if (event.phase === 'before') throw new Error('the worker is dead, and its request never left');
  };
  await world.fire('poll-directory');
  await world.until(what, () => crashed && feeds?.process.signalCode !== null);
  storage.gate = undefined;
  await world.start(FEEDS);
}

const isWrite = ({ method }: GateEvent): boolean => method !== 'GET';
const cursorOf = (feed: 'user' | 'group') => (event: GateEvent) =>
  isWrite(event) && event.path.includes('ProvisioningCursors') && event.path.includes(`RowKey='${feed}'`);

test('a poll that dies anywhere between hearing of a change and saving how far it read loses nothing', async () => {
  const people = [user('ada'), user('bob'), user('carol'), user('dave'), user('eve'), user('frank')] as const;
  const [ada, bob, carol, dave, eve, frank] = people;
  const team = group('team', [ada.id, bob.id]);
  const guild = group('guild', [eve.id]);
  const seed = tenant({
    users: people,
    groups: [team, guild],
    assigned: [team.id, guild.id, carol.id, ada.id, frank.id],
  });
  await using world = await createWorld({ seed, limits: 'off', workers: [FEEDS, APPLY] });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { directory, databricks, broker } = world.cloud;
  const { store } = databricks;
  directory.faults.notifications = { drop: true };
  const nameOf = (alias: string): string | undefined => store.user(`${alias}@contoso.com`)?.displayName;

  // Before the cursor is saved: the next poll hears of it again.
  directory.store.update(ada.id, { displayName: 'Ada' });
  await crashInPoll(
    world,
    'dead before the cursor of the users',
    event => event.phase === 'before' && cursorOf('user')(event),
  );
  await world.until('ada is renamed', () => nameOf('ada') === 'Ada', 20_000);

  // After it: nobody will ever hear of it again, so that rows and messages have to be there already.
  directory.store.update(frank.id, { displayName: 'Frank' });
  directory.store.update(bob.id, { accountEnabled: false });
  await crashInPoll(
    world,
    'dead after the cursor of the users',
    event => event.phase === 'after' && cursorOf('user')(event),
  );
  await world.until('frank is renamed', () => nameOf('frank') === 'Frank', 20_000);
  await world.eventually(
    'bob is switched off',
    () => store.user('bob@contoso.com')?.active === false,
    90_000,
  );

  directory.store.addMember(team.id, dave.id);
  directory.store.removeMember(team.id, ada.id);
  await crashInPoll(
    world,
    'dead after the cursor of the groups',
    event => event.phase === 'after' && cursorOf('group')(event),
  );
  await world.eventually(
    'the team has changed',
    () => memberNames(world, 'team')?.join() === 'bob@contoso.com,dave@contoso.com',
    90_000,
  );
  await world.drained();

  // An assignment that ended: marked, but no row yet; then rows, but not settled. Both are found again.
  const assignmentOf = (principalId: string): string => {
    const found = directory.store.truth
      .assignmentsOf(principalId)
      .find(({ resourceId }) => resourceId === APPLICATION);
    return found?.id ?? '';
  };
  const aboutAssignment = (event: GateEvent): boolean =>
    isWrite(event) && event.path.includes('ProvisioningAssignments');
  directory.store.unassign(assignmentOf(carol.id));
  await crashInPoll(
    world,
    'dead right after the end was marked',
    event => event.phase === 'after' && aboutAssignment(event) && event.body.includes('ended'),
  );
  expect(store.user('carol@contoso.com')?.active).toBe(true);
  expect(await world.state.backlog.hasRows(world.target)).toBe(false);
  await world.fire('poll-directory');
  await world.until('carol is switched off', () => store.user('carol@contoso.com')?.active === false, 20_000);

  directory.store.unassign(assignmentOf(guild.id));
  await crashInPoll(
    world,
    'dead before the end was settled',
    event => event.phase === 'before' && aboutAssignment(event) && event.method === 'DELETE',
  );
  await world.eventually('the guild is empty', () => memberNames(world, 'guild')?.length === 0, 90_000);
  await world.eventually(
    'eve is switched off',
    () => store.user('eve@contoso.com')?.active === false,
    90_000,
  );

  await world.fire('poll-directory');
  await world.drained({ laterLooks: true });
  const watch = watchWrites(world);
  await world.fire('poll-directory');
  await world.pass(5_000);
  await world.drained();
  expect(watch.lines()).toEqual([]);
  expect(store.users.map(({ userName, active }) => `${userName} ${active}`).sort()).toEqual([
    'ada@contoso.com true',
    'bob@contoso.com false',
    'carol@contoso.com false',
    'dave@contoso.com true',
    'eve@contoso.com false',
    'frank@contoso.com true',
  ]);
  expect(memberNames(world, 'team')).toEqual(['bob@contoso.com', 'dave@contoso.com']);
  expect(
    (await world.state.assignments.all()).map(({ principal, phase }) => `${principal.id} ${phase}`).sort(),
  ).toEqual([ada, frank, team].map(({ id }) => `${id} current`).sort());
  expect(broker.counts('identity-changes').deadLettered).toBe(0);
});
