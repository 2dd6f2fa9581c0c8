import fc from 'fast-check';
import { type ScimPatchOperation, type ScimResource, scimPatch } from 'scim-patch';
import SCIMMY from 'scimmy';
import { describe, expect, test } from 'vitest';
import { type Attributes, valuePath } from '../../src/identity/desired.ts';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { kindTraits } from '../../src/planning/kind-traits.ts';
import { type Members, memberPatches, membershipDifference } from '../../src/planning/membership-plan.ts';
import { planResource } from '../../src/planning/resource-plan.ts';
import { kinds, patchOf, type ScimResource as Resource } from '../../src/provisioning/kinds.ts';
import { addMembers, changeAttributes, removeMembers } from '../../src/scim/patch.ts';
import { PATCH_OP_SCHEMA, type PatchOperation } from '../../src/scim/types.ts';
import { judgedSchemas } from './scimmy-schemas.ts';

/**
 * What the planner wants changed, as PATCH bodies, applied by two implementations of RFC 7644 that know nothing of each
 * other or of us: both must end where the planner wanted to.
 */

const RUNS = 150;
/** Small, so that groups need several requests. */
const LIMITS = { maxAdds: 3, maxOperations: 4 };

type Wire = Record<string, unknown> & { id: string };
type Oracle = (kind: PrincipalKind, before: Wire, operations: readonly PatchOperation[]) => Promise<Wire>;

const byScimPatch: Oracle = async (_kind, before, operations) => {
  // It wants the metadata that a server has, and looks at none of it.
  const meta = { created: new Date(0), lastModified: new Date(0) };
  const resource = { schemas: [], meta, ...before } as ScimResource;
  return scimPatch(resource, operations as ScimPatchOperation[], {
    mutateDocument: false,
  }) as unknown as Wire;
};

const byScimmy: Oracle = async (kind, before, operations) => {
  const Schema = kind === 'user' ? SCIMMY.Schemas.User : judgedSchemas[kind];
  const resource = new Schema(before, 'out');
  const message = new SCIMMY.Messages.PatchOp({
    schemas: [PATCH_OP_SCHEMA],
    Operations: operations,
  } as ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0]);
  // It answers nothing at all when the operations have led to what was there before.
  return {
    id: before.id,
    ...JSON.parse(JSON.stringify((await message.apply(resource)) ?? resource)),
  } as Wire;
};

const oracles = [
  ['scim-patch', byScimPatch],
  ['scimmy', byScimmy],
] as const;

/** Texts as people have them. An empty one is "none". */
const text = fc.oneof(fc.constant(''), fc.stringMatching(/^[A-Za-z"'\\ .:é🚀[\]]{0,8}[A-Za-z]$/u));
const name = fc.stringMatching(/^[A-Za-z"'\\ .:é🚀[\]]{0,8}[A-Za-z]$/u);
/**
 * Values without full stops and colons, at which scim-patch cuts a path even within quotes (its `resolvePaths`), and
 * without quotes and backslashes, whose escapes scimmy compares as they stand, where RFC 7644 section 3.4.2.2 has a
 * JSON string. No role or entitlement of Databricks has any of these.
 */
const flags = (list: string, values: readonly string[]): fc.Arbitrary<Attributes> =>
  fc
    .tuple(...values.map(() => fc.boolean()))
    .map(given =>
      Object.fromEntries(values.map((value, index) => [valuePath(list, value), given[index] ?? false])),
    );
const lists = fc
  .tuple(
    flags('roles', ['account_admin', 'billing_admin', "it's of two words"]),
    flags('entitlements', ['workspace-access', 'databricks-sql-access', 'allow-cluster-create']),
  )
  .map(([roles, entitlements]) => ({ ...roles, ...entitlements }));

const attributesOf: Readonly<Record<PrincipalKind, fc.Arbitrary<Attributes>>> = {
  user: fc
    .record({ displayName: text, givenName: text, familyName: text, active: fc.boolean() })
    .chain(plain =>
      lists.map(values => ({ userName: 'ada@contoso.com', externalId: 'e', ...plain, ...values })),
    ),
  servicePrincipal: fc
    .record({ displayName: text, active: fc.boolean() })
    .chain(plain => lists.map(values => ({ applicationId: 'a', externalId: 'e', ...plain, ...values }))),
  group: fc
    .record({ displayName: name })
    .chain(plain => lists.map(values => ({ externalId: 'e', ...plain, ...values }))),
};

describe.each(oracles)('as %s applies them', (_name, apply) => {
  test.for(['user', 'servicePrincipal', 'group'] as const)(
    'the planned changes lead from any %s to any other',
    async kind => {
      await fc.assert(
        fc.asyncProperty(attributesOf[kind], attributesOf[kind], async (before, after) => {
          const there = onTheWire(kind, before);
          const operations = planned(kind, before, after);
          // None is no request.
          const changed = operations.length === 0 ? there : await apply(kind, there, operations);
          expect(asHeld(kind, changed)).toEqual(meant(after));
        }),
        { numRuns: RUNS },
      );
    },
  );

  test('the planned requests lead from any members of a group to any others, foreign ones aside', async () => {
    const some = fc.subarray(Array.from({ length: 12 }, (_, index) => `p${index}`));
    await fc.assert(
      fc.asyncProperty(some, some, fc.subarray(['f1', 'f2']), async (before, after, foreign) => {
        const idsOf = (people: readonly string[]): Members =>
          Object.fromEntries(people.map(person => [person, `scim-${person}`]));
        const difference = membershipDifference(idsOf(after), { members: idsOf(before), uncertain: [] });
        let there: Wire = {
          ...onTheWire('group', { displayName: 'team', externalId: 'e' }),
          members: [...Object.values(idsOf(before)), ...foreign].map(value => ({ value })),
        };
        for (const { add, remove } of memberPatches(difference, LIMITS)) {
          const operations = [...removeMembers(Object.values(remove)), ...addMembers(Object.values(add))];
          there = await apply('group', there, operations);
        }
        const members = (there.members ?? []) as { value: string }[];
        expect(members.map(({ value }) => value).sort()).toEqual(
          [...Object.values(idsOf(after)), ...foreign].sort(),
        );
      }),
      { numRuns: RUNS },
    );
  });
});

/** The operations by which the product brings a resource from what it wrote to what is wanted. */
function planned(kind: PrincipalKind, before: Attributes, after: Attributes): PatchOperation[] {
  const plan = planResource(
    { set: after },
    { status: 'linked', name: String(before[kinds[kind].nameAttribute]), written: before },
    kindTraits[kind],
  );
  return plan.action === 'update' ? changeAttributes(patchOf(kinds[kind], plan.changes)) : [];
}

/** As a server has it that was told to create it; what is empty is not there. */
function onTheWire(kind: PrincipalKind, attributes: Attributes): Wire {
  const body = JSON.parse(
    JSON.stringify(kinds[kind].body(attributes), (_key, value) => (value === '' ? undefined : value)),
  ) as Wire;
  return { ...body, id: '1' };
}

/** What a resource holds, in our own form and without what it does not hold. */
function asHeld(kind: PrincipalKind, resource: Wire): Attributes {
  return meant(kinds[kind].read(resource as unknown as Resource));
}

function meant(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key, value]) => value !== undefined && value !== '' && !(value === false && key.includes('[')),
    ),
  );
}
