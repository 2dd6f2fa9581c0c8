import { expect, test } from 'vitest';
import { march, memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

const LEASE_MS = 31_000;

/**
 * Makes `change`, kills the owner once it has sent the PATCH that says so in `words`, which is applied after `underWay`,
 * and starts another one when the lease has run out. What an owner repeats for the one before it is let through.
 */
async function dieWriting(
  world: World,
  o: { words: string; change: () => void; underWay?: Promise<void> },
): Promise<void> {
  const { databricks } = world.cloud;
  const owner = world.workers.findLast(({ functions }) => functions.includes('apply-change'));
  let [sent, dead] = [false, false];
  databricks.gate = async ({ method, body }) => {
    if (sent || method !== 'PATCH' || !JSON.stringify(body).includes(o.words)) return;
    sent = true;
    await owner?.kill();
    dead = true;
    await o.underWay;
  };
  o.change();
  await march(world, 'the owner writes and dies', () => dead);
  databricks.gate = undefined;
  world.clock.advance(LEASE_MS);
  await world.start(APPLY);
}

test('a write that arrives long after its owner died does not stay, also when two owners died in a row', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', []);
  await using world = await createWorld({
    workers: [FEEDS, APPLY],
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [ada.id, bob.id, team.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { directory, databricks } = world.cloud;
  const nameOf = (alias: string): string | undefined =>
    databricks.store.user(`${alias}@contoso.com`)?.displayName;
  // By the target's log: what it did to the resource may be put right before anybody looks.
  const applied = (text: string): boolean =>
    databricks.log.some(
      ({ method, status, body }) =>
        method === 'PATCH' && status >= 200 && status < 300 && JSON.stringify(body).includes(text),
    );
  // The member as one of an addition: removals name him in their path.
  const adding = (alias: string): string => JSON.stringify({ value: scimIdOf(world, alias) });
  const rename = (displayName: string) => (): void => directory.store.update(ada.id, { displayName });

  // The first owner's intent is more than a minute old when the third one writes; the second one's write is not.
  const late = Promise.withResolvers<void>();
  await dieWriting(world, { words: 'Ada 1', change: rename('Ada 1') });
  await dieWriting(world, { words: 'Ada 2', change: rename('Ada 2'), underWay: late.promise });
  rename('Ada 3')();
  await march(world, 'the third owner writes', () => nameOf('ada') === 'Ada 3');
  late.resolve();
  await world.until('the late write arrives', () => applied('Ada 2'), 5_000);
  await world.eventually('it does not stay', () => nameOf('ada') === 'Ada 3', 180_000);
  await world.drained({ laterLooks: true });

  // The same with a member: added by the write that is late, and no longer wanted when it arrives.
  const lateAdd = Promise.withResolvers<void>();
  await dieWriting(world, { words: adding('ada'), change: () => directory.store.addMember(team.id, ada.id) });
  await dieWriting(world, {
    words: adding('bob'),
    change: () => directory.store.addMember(team.id, bob.id),
    underWay: lateAdd.promise,
  });
  directory.store.removeMember(team.id, bob.id);
  const removed = (): boolean =>
    databricks.log.some(
      ({ method, body }) => method === 'PATCH' && JSON.stringify(body).includes('"remove"'),
    );
  await march(world, 'the third owner takes him out, in case he is there', removed);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  lateAdd.resolve();
  await world.until('the late add arrives', () => applied(adding('bob')), 5_000);
  await world.eventually(
    'it does not stay',
    () => memberNames(world, 'team')?.join() === 'ada@contoso.com',
    180_000,
  );
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(nameOf('ada')).toBe('Ada 3');
  expect(await world.deadLetters()).toEqual([]);
});
