import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TargetUnavailable } from '../../src/identity/errors.ts';
import type { Logger } from '../../src/identity/logger.ts';
import type { MemberPatch, Members } from '../../src/planning/membership-plan.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { NotOwner, Ownership } from '../../src/provisioning/ownership.ts';
import { patchMembers, refusal } from '../../src/provisioning/patch-members.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { bearer } from '../scim/bearer.ts';
import { useStorage } from '../state/storage.ts';
import { anyHealth, FAST, targetOf } from './targets.ts';

const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

let account: TestAccount;
let people: Members;

beforeAll(async () => {
  account = await startAccount();
  const created = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const { id } = await account.client().create('Users', { userName: `u${index}@contoso.com` });
      return [`e${index}`, id] as const;
    }),
  );
  people = Object.fromEntries(created);
});
afterAll(() => account.close());

async function openSession(name: string, token?: string): Promise<TargetSession> {
  const ownership = new Ownership(storage.state.leases, name, silent);
  await ownership.acquire();
  onTestFinished(() => ownership.release());
  const scim = account.client(token === undefined ? {} : { authorization: bearer(token) });
  const target = targetOf({ id: name, scim });
  return new TargetSession({
    target,
    ownership,
    limiter: new Limiter(FAST),
    health: anyHealth(),
    row: undefined,
  });
}

async function groupOf(name: string, members: Members): Promise<string> {
  const { id } = await account.client().create('Groups', {
    displayName: name,
    members: Object.values(members).map(value => ({ value })),
  });
  return id;
}

async function membersOf(id: string): Promise<string[]> {
  const group = await account.client().get('Groups', id);
  return (group?.members ?? []).map(({ value }) => value).sort();
}

const some = (...indexes: number[]): Members =>
  Object.fromEntries(indexes.map(index => [`e${index}`, people[`e${index}`] ?? '']));
const sorted = (members: Members): string[] => Object.values(members).sort();

describe('a membership PATCH', () => {
  test('that the target takes is one request', async () => {
    const session = await openSession('one');
    const id = await groupOf('one', some(0, 1));
    const patch: MemberPatch = { add: some(2, 3), remove: some(0) };
    expect(await patchMembers(session, id, patch, undefined)).toEqual({ done: patch, refused: {} });
    expect(await membersOf(id)).toEqual(sorted(some(1, 2, 3)));
    expect(session.target.scim.requestCount).toBe(1);
  });

  test('of nothing is no request', async () => {
    const session = await openSession('nothing');
    expect(await patchMembers(session, 'none', { add: {}, remove: {} }, undefined)).toEqual({
      done: { add: {}, remove: {} },
      refused: {},
    });
    expect(session.target.scim.requestCount).toBe(0);
  });

  test.each([1, 5, 7])(
    'that is refused because of one of many is split until he (%i) is found',
    async bad => {
      const session = await openSession(`split-${bad}`);
      const id = await groupOf(`split-${bad}`, some(0));
      const unknown = { [`x${bad}`]: '999999999' };
      const add = Object.fromEntries(
        Object.entries(some(1, 2, 3, 4, 5, 6, 7)).toSpliced(bad, 0, ...Object.entries(unknown)),
      );
      const outcome = await patchMembers(session, id, { add, remove: some(0) }, undefined);
      expect(outcome.refused).toEqual(unknown);
      expect(outcome.done).toEqual({ add: some(1, 2, 3, 4, 5, 6, 7), remove: some(0) });
      expect(await membersOf(id)).toEqual(sorted(some(1, 2, 3, 4, 5, 6, 7)));
      // A search by halves, not one request for each.
      expect(session.target.scim.requestCount).toBeLessThanOrEqual(2 + 2 * 3 + 1);
    },
  );

  test('finds every refused member, and takes nobody refused for done', async () => {
    const session = await openSession('several');
    const id = await groupOf('several', {});
    const unknown = { x1: '999999991', x2: '999999992', x3: '999999993' };
    const outcome = await patchMembers(
      session,
      id,
      { add: { ...unknown, ...some(1, 2) }, remove: {} },
      undefined,
    );
    expect(outcome).toEqual({ done: { add: some(1, 2), remove: {} }, refused: unknown });
    expect(refusal(outcome.refused)?.message).toContain('3 members');
    expect(await membersOf(id)).toEqual(sorted(some(1, 2)));
  });

  test('that takes away who is not there any more is done', async () => {
    const session = await openSession('already');
    const id = await groupOf('already', {});
    const outcome = await patchMembers(session, id, { add: {}, remove: some(0, 1, 2) }, undefined);
    expect(outcome).toEqual({ done: { add: {}, remove: some(0, 1, 2) }, refused: {} });
    expect(refusal(outcome.refused)).toBeUndefined();
  });

  test('that the target as a whole refuses is not split', async () => {
    const session = await openSession('whole', 'a-wrong-token');
    const id = await groupOf('whole', some(0));
    await expect(patchMembers(session, id, { add: some(1, 2), remove: some(0) }, undefined)).rejects.toThrow(
      TargetUnavailable,
    );
    expect(session.target.scim.requestCount).toBe(1);
    expect(await membersOf(id)).toEqual(sorted(some(0)));
  });

  test('is not sent by who does not own the target', async () => {
    const ownership = new Ownership(storage.state.leases, 'not-owned', silent);
    const target = targetOf({ id: 'not-owned', scim: account.client() });
    const session = new TargetSession({
      target,
      ownership,
      limiter: new Limiter(FAST),
      health: anyHealth(),
      row: undefined,
    });
    await expect(patchMembers(session, 'g', { add: some(1), remove: {} }, undefined)).rejects.toThrow(
      NotOwner,
    );
    expect(target.scim.requestCount).toBe(0);
  });
});
