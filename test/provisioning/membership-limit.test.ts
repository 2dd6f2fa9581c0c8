import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import { useStorage } from '../state/storage.ts';
import { openMembers } from './member-bench.ts';

const storage = useStorage();

/** A target that lets nobody be in more than five groups, and holds as many groups as the last audit counted. */
async function openTarget(groups: number) {
  const { proxy, state } = await storage.proxied();
  onTestFinished(() => proxy.close());
  const id = randomUUID();
  const resourceLimits = { ...RESOURCE_LIMITS, membershipsPerIdentity: 5 };
  await state.targets.update(id, before => ({ ...before, indexed: true, counts: { accounts: 9, groups } }));
  const bench = await openMembers(id, { state, resourceLimits });
  const { store } = bench.account;
  const scimIds: Record<string, string> = {};
  for (const alias of ['ada', 'bob'])
    scimIds[alias] = store.add({ type: 'Users', userName: `${alias}@b.c` }).id;
  /** Reads of anybody's groups. */
  let reads = 0;
  proxy.gate = ({ phase, method, path }) => {
    if (phase === 'before' && method === 'GET' && path.startsWith('/ProvisioningMembers')) reads += 1;
  };
  return {
    ...bench,
    id,
    state,
    reads: () => reads,
    /** A look at a group of that name, which it makes if need be. */
    look(name: string, ...wanted: string[]) {
      const group = store.group(name) ?? store.add({ type: 'Groups', displayName: name });
      const members = Object.fromEntries(wanted.map(alias => [alias, scimIds[alias] ?? '']));
      return bench.look(name, group.id, { wanted: members });
    },
    in: (name: string) => [...(store.group(name)?.members ?? [])].map(id => store.get('Users', id)?.userName),
  };
}

const patches = ({ account }: Pick<Awaited<ReturnType<typeof openTarget>>, 'account'>) =>
  account.databricks.log.filter(({ method }) => method === 'PATCH').length;

test('who is in as many groups as the target allows is left out of the next one by name, and the others get in', async () => {
  const target = await openTarget(9);
  for (const name of ['g1', 'g2', 'g3', 'g4', 'g5']) {
    const { unfinished } = await target.look(name, 'ada');
    expect(unfinished).toBeUndefined();
  }
  const beyond = await target.look('g6', 'ada', 'bob');
  expect(beyond).toMatchObject({
    writes: [{ action: 'members', detail: '+1 -0' }],
    unfinished: {
      name: 'Permanent',
      code: 'TargetLimitMembershipsPerIdentity',
      message: expect.stringMatching(/allows, 5: user:ada \(5 groups\)$/),
    },
  });
  expect(target.in('g6')).toEqual(['bob@b.c']);
  // Again: nothing is sent, and it is said again.
  const sent = patches(target);
  expect(await target.look('g6', 'ada', 'bob')).toMatchObject({ writes: [], unfinished: beyond.unfinished });
  expect(patches(target)).toBe(sent);

  // His next look, which follows from his leaving another group, has this one looked at again.
  expect(await target.state.memberIndex.groupsWaitingFor(target.id, 'ada')).toEqual(['g6']);
  expect(await target.state.memberIndex.pendingOf(target.id, 'g6')).toEqual([]);

  // Once there is room, he gets in.
  await target.state.memberIndex.removeMembers(target.id, 'g1', ['ada']);
  expect((await target.look('g6', 'ada', 'bob')).unfinished).toBeUndefined();
  expect(target.in('g6').sort()).toEqual(['ada@b.c', 'bob@b.c']);
});

test('from four fifths of the limit on there is one warning that names him', async () => {
  const target = await openTarget(9);
  const warnings = () => target.log.lines.filter(line => line.startsWith('limit-near'));
  for (const name of ['g1', 'g2', 'g3']) await target.look(name, 'ada');
  expect(warnings()).toEqual([]);
  for (const name of ['g4', 'g5']) await target.look(name, 'ada');
  expect(warnings()).toEqual([
    expect.stringMatching(/limit=membershipsPerIdentity used=4 most=5 principals=user:ada/),
  ]);
});

test('a membership that is written again is no further one', async () => {
  const target = await openTarget(9);
  for (const name of ['g1', 'g2', 'g3', 'g4', 'g5']) await target.look(name, 'ada');
  const scimId = target.account.store.group('g5')?.id ?? '';
  const stored = await target.state.records.read(target.id, scimId);
  await target.state.records.write(target.id, scimId, stored, { ...stored.value, uncertain: ['ada'] });
  expect(await target.look('g5', 'ada')).toMatchObject({
    writes: [{ detail: '+1 -0' }],
    unfinished: undefined,
  });
});

test('a member whom the target refuses takes none of the places', async () => {
  const target = await openTarget(9);
  const { store } = target.account;
  const ada = [...store.users].find(({ userName }) => userName === 'ada@b.c');
  store.remove('Users', ada?.id ?? '');
  await target.look('g1', 'ada', 'bob');
  expect(target.in('g1')).toEqual(['bob@b.c']);
  expect(await target.state.memberIndex.groupsOf(target.id, 'ada')).toEqual([]);
  expect(await target.state.memberIndex.groupsOf(target.id, 'bob')).toEqual(['g1']);
});

test('two groups that take somebody at the same time do not share his last place', async () => {
  const target = await openTarget(9);
  for (const name of ['g1', 'g2', 'g3', 'g4']) await target.look(name, 'ada');
  const looks = await Promise.all(['g5', 'g6', 'g7'].map(name => target.look(name, 'ada')));
  expect(looks.filter(({ unfinished }) => unfinished === undefined)).toHaveLength(1);
  expect(['g5', 'g6', 'g7'].flatMap(name => target.in(name))).toEqual(['ada@b.c']);
});

test('nobody’s memberships are read in a target of few groups, and once in one of many', async () => {
  const few = await openTarget(3);
  for (const name of ['g1', 'g2', 'g3']) await few.look(name, 'ada', 'bob');
  expect(few.reads()).toBe(0);
  const many = await openTarget(9);
  for (const name of ['g1', 'g2', 'g3']) await many.look(name, 'ada', 'bob');
  expect(many.reads()).toBe(2);
});

test('what another owner wrote meanwhile counts', async () => {
  const target = await openTarget(9);
  await target.look('g1', 'ada');
  await target.ownership.release();
  await target.state.memberIndex.addMembers(target.id, 'elsewhere', ['ada']);
  for (const name of ['a', 'b', 'c']) await target.state.memberIndex.addMembers(target.id, name, ['ada']);
  await target.ownership.acquire();
  expect((await target.look('g2', 'ada')).unfinished).toBeDefined();
});
