import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import { AccountDecider } from '../../src/provisioning/decide-account.ts';
import { deleteGroup } from '../../src/provisioning/delete-group.ts';
import { NamePolicy } from '../../src/provisioning/name-policy.ts';
import type { Policy } from '../../src/provisioning/policy.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import type { Link } from '../../src/state/links.ts';
import { startPair, usersNamed } from '../directory/graph.ts';
import { useStorage } from '../state/storage.ts';
import { openMembers } from './member-bench.ts';
import { defaultPolicy } from './targets.ts';

const storage = useStorage();
const group = (id: string): Principal => ({ kind: 'group', id });
const nobody = [{ ms: 3_600_000, count: 0, percent: 0 }];
/** Everything that leaves by scope is held. */
const policy: Policy = {
  ...defaultPolicy(),
  guard: { accounts: nobody, memberships: nobody, grants: nobody },
};

/** Crew is assigned to workspace 22, and a member of Everybody, which is assigned to 11 and no longer to 33. */
async function openTarget() {
  const { state } = storage;
  const id = randomUUID();
  const people = Array.from({ length: 12 }, (_, i) => `u${i}`);
  const seed = { users: usersNamed(...people), groups: [{ id: 'crew', displayName: 'crew' }] };
  const bench = await openMembers(id, { state, policy, seed });
  const { store } = bench.account;
  const linked = async (principal: Principal, scimId: string, workspaces: Link['workspaces']) =>
    state.links.add(id, {
      principal,
      status: 'linked',
      scimId,
      name: principal.id,
      written: { active: true },
      workspaces,
    });
  const given = (scimId: string, permission?: 'USER') => ({ scimId, permission, ours: true });
  const crewId = store.add({ type: 'Groups', displayName: 'crew' }).id;
  await linked(group('crew'), crewId, { 22: given(crewId, 'USER') });
  await linked(group('everybody'), '7', { 11: given('7', 'USER'), 33: given('7') });
  await state.memberIndex.addMembers(id, 'everybody', ['crew']);
  const wanted = Object.fromEntries(
    people.map(alias => [alias, store.add({ type: 'Users', userName: `${alias}@b.c` }).id]),
  );
  await bench.look('crew', crewId, { wanted });
  return {
    ...bench,
    state,
    id,
    people,
    crewId,
    causeOf: async (kind: string) =>
      (await state.holds.list(id)).find(({ value }) => value.kind === kind)?.value.cause,
  };
}

test('members who are held back in a group: the hold names the workspaces that the group leads to', async () => {
  const { look, crewId, causeOf } = await openTarget();
  expect((await look('crew', crewId, { groupLeft: true })).held).toEqual(['removal-limit']);
  expect(await causeOf('removal-limit')).toMatch(/the listed members lose workspace 11, 22 with it$/);
});

test('a group that lost many members in one look: so does its hold', async () => {
  const { look, crewId, causeOf } = await openTarget();
  expect((await look('crew', crewId, {})).held).toEqual(['large-shrink']);
  expect(await causeOf('large-shrink')).toMatch(/the listed members lose workspace 11, 22 with it$/);
});

test('an account that is held: the hold names what it reaches, by whatever way', async () => {
  const { id, state, session } = await openTarget();
  await using pair = await startPair({});
  const p = { kind: 'user', id: 'u0' } as const;
  await state.links.add(id, {
    principal: p,
    status: 'linked',
    scimId: '9',
    name: 'u0',
    written: { active: true },
  });
  const decider = new AccountDecider({
    state,
    policy,
    names: new NamePolicy(pair.graph),
    guard: new RemovalGuard(state, policy.guard),
  });
  const link = await state.links.get(id, p);
  const account = {
    ...p,
    accountEnabled: true,
    userType: 'Member',
    signInName: 'u0@b.c',
    properties: {},
  } as const;
  const look = { state: 'left', event: 'unassigned', account } as const;
  const { holds } = await decider.decide(session, p, look, { link, managed: false, gate: 'open' });
  expect(holds).toMatchObject([
    { kind: 'removal-limit', cause: expect.stringMatching(/; the account loses workspace 11, 22 with it$/) },
  ]);
});

test('a group that is to be deleted: so does its hold, and one that leads nowhere names none', async () => {
  const { id, state, session, causeOf } = await openTarget();
  await deleteGroup(state, session, group('crew'));
  expect(await causeOf('group-deletion')).toMatch(/deleted; its members lose workspace 11, 22 with it$/);
  await state.links.add(id, {
    principal: group('plain'),
    status: 'linked',
    scimId: '8',
    name: 'plain',
    written: {},
  });
  await state.holds.withdraw(id, group('crew'));
  await deleteGroup(state, session, group('plain'));
  expect(await causeOf('group-deletion')).toMatch(/to be deleted$/);
});
