import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RetryLater } from '../../src/identity/errors.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { NameConflicts } from '../../src/provisioning/name-conflict.ts';
import type { Link } from '../../src/state/links.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { useStorage } from '../state/storage.ts';
import { defaultPolicy } from './targets.ts';

const storage = useStorage();
let pair: Pair;

const group = (id: string): Principal => ({ kind: 'group', id });
const user = (id: string): Principal => ({ kind: 'user', id });

beforeAll(async () => {
  pair = await startPair({
    users: [
      { id: 'mia', userPrincipalName: 'Mia@Contoso.com' },
      { id: 'max', userPrincipalName: 'max@contoso.com' },
      { id: 'guest', userPrincipalName: 'gus_fabrikam.com#EXT#@contoso.onmicrosoft.com' },
    ],
    groups: [
      { id: 'data', displayName: 'Data', securityEnabled: true },
      { id: 'data2', displayName: 'DATA', securityEnabled: true },
      { id: 'renamed', displayName: 'New name', securityEnabled: true },
    ],
  });
});
afterAll(() => pair[Symbol.asyncDispose]());

async function linked(
  target: string,
  principal: Principal,
  name: string,
  more: Partial<Link> = {},
): Promise<void> {
  const scimId = `s-${principal.id}`;
  await storage.state.links.add(target, {
    principal,
    status: 'linked',
    scimId,
    name,
    written: { active: true },
    ...more,
  });
}

const policy = defaultPolicy();

const check = (target: string, p: Principal, name: string) =>
  new NameConflicts(storage.state, pair.graph, policy).check(target, p, name);

describe('a name that nobody else holds', () => {
  test('is free, also to its own holder', async () => {
    expect(await check('free', group('data'), 'Data')).toBeUndefined();
    await linked('free', group('data'), 'Data');
    expect(await check('free', group('data'), 'data')).toBeUndefined();
    // Another kind, another target.
    expect(await check('free', user('max'), 'Data')).toBeUndefined();
    expect(await check('elsewhere', group('renamed'), 'Data')).toBeUndefined();
  });
});

test.each(['admins', ' Users ', 'ACCOUNT USERS', 'ａdmins'])(
  'the group name %j is Databricks’ own',
  async name => {
    expect(await check('reserved', group('data'), name)).toMatchObject({ kind: 'protected-name' });
    expect(await check('reserved', user('mia'), name)).toBeUndefined();
  },
);

describe('a name that another link holds', () => {
  test('stays with a live holder of that name', async () => {
    await linked('live', group('data'), 'Data');
    expect(await check('live', group('data2'), 'data')).toMatchObject({ kind: 'name-in-use', ids: ['data'] });
    await linked('live', user('mia'), 'mia@contoso.com');
    expect(await check('live', user('max'), 'MIA@contoso.com')).toMatchObject({
      kind: 'name-in-use',
      ids: ['mia'],
    });
    await linked('live', user('guest'), 'gus@fabrikam.com');
    expect(await check('live', user('max'), 'gus@fabrikam.com')).toMatchObject({
      kind: 'name-in-use',
      ids: ['guest'],
    });
  });

  test.each<[string, Principal, Partial<Link>]>([
    ['of a leaver whose account we switched off', user('mia'), { written: { active: false } }],
    ['of an account that somebody deleted in the target', user('mia'), { status: 'gone' }],
    ['of a person whom Entra no longer knows', user('nobody'), {}],
    ['of a user who was renamed: his userName cannot be given up', user('max'), {}],
  ])('%s waits for a person to decide', async (name, holder, more) => {
    await linked(name, holder, 'wanted@contoso.com', more);
    expect(await check(name, user('guest'), 'wanted@contoso.com')).toMatchObject({
      kind: 'identity-re-use',
      ids: [holder.id],
    });
  });

  test('is waited for where the holder is being renamed, after a look at him was made sure of', async () => {
    await linked('renaming', group('renamed'), 'Data');
    const waiting = await check('renaming', group('data'), 'Data').catch((error: unknown) => error);
    expect(waiting).toBeInstanceOf(RetryLater);
    const rows = await storage.state.backlog.head('renaming', { dueBy: Date.now(), limit: 5 });
    expect(rows.map(({ value }) => value)).toMatchObject([
      { principal: group('renamed'), rowClass: 'attribute' },
    ]);
  });

  test.each<[string, Partial<Link>]>([
    ['deleted', {}],
    ['data2', { leaving: { event: 'unassigned', since: 1 } }],
  ])('is held where the holder cannot get his own: %s has left with it', async (leaver, more) => {
    const target = `chain-${leaver}`;
    await linked(target, group('renamed'), 'Data');
    await linked(target, group(leaver), 'New name', more);
    expect(await check(target, group('data'), 'Data')).toMatchObject({
      kind: 'name-in-use',
      ids: ['renamed'],
    });
    expect(await storage.state.backlog.hasRows(target)).toBe(false);
  });

  test('is held where two groups have swapped their names', async () => {
    await linked('swap', group('renamed'), 'Data');
    await linked('swap', group('data'), 'new NAME');
    expect(await check('swap', group('data'), 'Data')).toMatchObject({
      kind: 'name-in-use',
      ids: ['renamed'],
    });
    expect(await storage.state.backlog.hasRows('swap')).toBe(false);
  });
});
