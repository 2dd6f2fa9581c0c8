import fc from 'fast-check';
import SCIMMY from 'scimmy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuePath } from '../../src/identity/desired.ts';
import { type AttributeChanges, changeAttributes } from '../../src/scim/patch.ts';
import type { PatchOperation } from '../../src/scim/types.ts';
import { patchOp, startAccount, type TestAccount } from '../local/databricks/fixture.ts';

describe('changed attributes', () => {
  test('become one replace each, in the order given, with JSON types kept', () => {
    const path = 'emails[type eq "work"].value';
    expect(changeAttributes({ displayName: 'Ada', active: false, [path]: 'a@b.c' })).toEqual([
      { op: 'replace', path: 'displayName', value: 'Ada' },
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path, value: 'a@b.c' },
    ]);
  });

  test('that are not ours to say are left out, and nothing is no operation', () => {
    expect(changeAttributes({ displayName: undefined, 'roles[value eq "x"]': undefined })).toEqual([]);
  });

  test('that are empty are removed', () => {
    expect(changeAttributes({ displayName: '', 'name.givenName': '' })).toEqual([
      { op: 'remove', path: 'displayName' },
      { op: 'remove', path: 'name.givenName' },
    ]);
  });

  test('take values away first and without a list, and give all of one attribute at once and last', () => {
    const changes = {
      'roles[value eq "a"]': true,
      'entitlements[value eq "b"]': true,
      displayName: 'Ada',
      'roles[value eq "c"]': true,
      'roles[value eq "d"]': false,
    };
    expect(changeAttributes(changes)).toEqual([
      { op: 'remove', path: 'roles[value eq "d"]' },
      { op: 'replace', path: 'displayName', value: 'Ada' },
      { op: 'add', path: 'roles', value: [{ value: 'a' }, { value: 'c' }] },
      { op: 'add', path: 'entitlements', value: [{ value: 'b' }] },
    ]);
  });

  test('that give text to one value of a list are a mistake of the caller', () => {
    for (const text of ['', 'true']) {
      expect(() => changeAttributes({ 'roles[value eq "x"]': text })).toThrow(RangeError);
    }
  });

  test('keep a value in one piece, whatever is in it', () => {
    const planted = 'x"] or roles[value eq "account_admin';
    expect(changeAttributes({ [valuePath('roles', planted)]: false })).toEqual([
      { op: 'remove', path: 'roles[value eq "x\\"] or roles[value eq \\"account_admin"]' },
    ]);
    expect(changeAttributes({ [valuePath('roles', planted)]: true })).toEqual([
      { op: 'add', path: 'roles', value: [{ value: planted }] },
    ]);
  });
});

/** A user as far as this test looks at one. */
interface Person {
  displayName?: string;
  givenName?: string;
  familyName?: string;
  active: boolean;
  roles: string[];
  entitlements: string[];
}

const word = fc.option(fc.stringMatching(/^[A-Za-zé🚀"'\\ ]*[A-Za-z]$/u), { nil: undefined });
const someOf = (...values: string[]): fc.Arbitrary<string[]> => fc.subarray(values);
const person: fc.Arbitrary<Person> = fc.record({
  displayName: word,
  givenName: word,
  familyName: word,
  active: fc.boolean(),
  roles: someOf('account_admin', 'billing_admin', 'marketplace_admin'),
  entitlements: someOf('workspace-access', 'databricks-sql-access'),
});

/** What has to be said to make one of the other; what is equal is not said. */
function difference(before: Person, after: Person): AttributeChanges {
  const texts = {
    displayName: 'displayName',
    givenName: 'name.givenName',
    familyName: 'name.familyName',
  } as const;
  const changes: Record<string, string | boolean> = {};
  for (const [key, path] of Object.entries(texts) as [keyof typeof texts, string][]) {
    if (before[key] !== after[key]) changes[path] = after[key] ?? '';
  }
  if (before.active !== after.active) changes.active = after.active;
  for (const list of ['roles', 'entitlements'] as const) {
    for (const value of before[list])
      if (!after[list].includes(value)) changes[valuePath(list, value)] = false;
    for (const value of after[list])
      if (!before[list].includes(value)) changes[valuePath(list, value)] = true;
  }
  return changes;
}

type Wire = Partial<Pick<Person, 'displayName' | 'active'>> & {
  name?: { givenName?: string; familyName?: string };
  roles?: readonly { value: string }[];
  entitlements?: readonly { value: string }[];
};

function read(wire: Wire): Person {
  const values = (list: readonly { value: string }[] = []): string[] => list.map(({ value }) => value).sort();
  return {
    displayName: wire.displayName,
    givenName: wire.name?.givenName,
    familyName: wire.name?.familyName,
    active: wire.active ?? true,
    roles: values(wire.roles),
    entitlements: values(wire.entitlements),
  };
}

function written({ givenName, familyName, roles, entitlements, ...rest }: Person) {
  return {
    ...JSON.parse(JSON.stringify(rest)),
    ...(givenName === undefined && familyName === undefined ? {} : { name: { givenName, familyName } }),
    roles: roles.map(value => ({ value })),
    entitlements: entitlements.map(value => ({ value })),
  };
}

const sorted = (after: Person): Person => ({
  ...after,
  roles: [...after.roles].sort(),
  entitlements: [...after.entitlements].sort(),
});

/** The outcome as scimmy's PatchOp has it. */
async function judgedByScimmy(before: Person, operations: PatchOperation[]): Promise<Person> {
  const resource = new SCIMMY.Schemas.User({ id: '1', userName: 'ada@b.c', ...written(before) }, 'out');
  const message = new SCIMMY.Messages.PatchOp(
    patchOp(...operations) as ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0],
  );
  return read(((await message.apply(resource)) ?? resource) as Wire);
}

let account: TestAccount;
beforeAll(async () => {
  account = await startAccount();
  account.databricks.entitlements = 'kept';
});
afterAll(() => account.close());

let people = 0;

async function judgedByLocalDatabricks(before: Person, operations: PatchOperation[]): Promise<Person> {
  const client = account.client();
  people += 1;
  const userName = `u${people}@b.c`;
  const created = await client.create('Users', { userName, ...written(before) });
  await client.patch('Users', created.id, operations);
  const after = read((await client.get('Users', created.id)) as Wire);
  // It puts the user name where there is no other.
  return { ...after, displayName: after.displayName === userName ? undefined : after.displayName };
}

test.each([
  ['an independent server', judgedByScimmy],
  ['the local Databricks', judgedByLocalDatabricks],
] as const)('changes lead from any person to any other, as %s applies them', async (_judge, judge) => {
  await fc.assert(
    fc.asyncProperty(person, person, async (before, after) => {
      const operations = changeAttributes(difference(before, after));
      if (operations.length === 0) return;
      expect(await judge(before, operations)).toEqual(sorted(after));
    }),
    { numRuns: 100 },
  );
});
