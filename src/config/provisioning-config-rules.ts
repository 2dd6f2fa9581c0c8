import { z } from 'zod';
import type { PrincipalKind } from '../identity/principal.ts';
import { sourceAttributes } from '../mapping/source-attributes.ts';
import { targetAttributes } from '../mapping/target-attributes.ts';
import { operators } from '../scope/filter.ts';
import { choice, flag, section, text, wholeNumber } from './provisioning-config-fields.ts';

/** What the sections of the file are called that hold something for each kind of principal. */
export const sectionKinds = {
  users: 'user',
  groups: 'group',
  servicePrincipals: 'servicePrincipal',
} as const satisfies Readonly<Record<string, PrincipalKind>>;

const CLAUSE_EXAMPLE = '{ "attribute": "department", "operator": "EQUALS", "value": "Engineering" }';
const RULE_EXAMPLE = '{ "target": "displayName", "source": "displayName" }';

/** One clause of a scoping filter, as far as its form goes. Whether it makes sense, `compileFilters` says. */
function clause(kind: PrincipalKind) {
  return section(
    {
      attribute: text('The Entra attribute that is compared. Left out with IsMemberOf only.')
        // Which the scope decides itself, so that no filter can.
        .meta({ examples: names(kind).filter(name => name !== 'IsSoftDeleted') })
        .optional(),
      operator: choice(operators).describe(
        'How it is compared. A clause about an attribute without a value is false, but for IS NULL.',
      ),
      value: z
        .union(
          [z.string('text').describe('A text.'), z.number('a number').describe('A whole number.')],
          'text or a number',
        )
        .optional()
        .describe(
          'What it is compared with: text, a whole number, a date, a pattern, or the object id of a group.',
        ),
    },
    CLAUSE_EXAMPLE,
  );
}

/** The form of a clause, per kind. */
export const clauseForms = {
  user: clause('user'),
  group: clause('group'),
  servicePrincipal: clause('servicePrincipal'),
};

function filtersOf(kind: PrincipalKind, who: string) {
  const filter = z
    .array(clauseForms[kind], `a list of clauses, such as [ ${CLAUSE_EXAMPLE} ]`)
    .min(1, `a list of at least one clause: a filter without any would let everybody through`)
    .describe('A filter: passes who satisfies all of its clauses.');
  return z
    .array(filter, `a list of filters, each a list of clauses, such as [ [ ${CLAUSE_EXAMPLE} ] ]`)
    .default([])
    .describe(`Scoping filters for ${who}: one of them must pass. Without filters, all pass.`);
}

/** Scoping filters, per kind. */
export const filters = section(
  {
    users: filtersOf('user', 'users'),
    groups: filtersOf('group', 'groups'),
    servicePrincipals: filtersOf('servicePrincipal', 'service principals'),
  },
  `{ "users": [ [ ${CLAUSE_EXAMPLE} ] ] }`,
)
  .prefault({})
  .describe('Scoping filters on attributes, for those that the mode takes in.');

/** One attribute mapping, as far as its form goes. Whether it makes sense, `compileMapping` says. */
function mappingRule(kind: PrincipalKind) {
  return section(
    {
      target: text('The SCIM path of the attribute in Databricks.').meta({
        examples: targetAttributes(kind).map(({ path }) => path),
      }),
      source: text('Direct: the Entra attribute whose value is taken as it is.')
        .meta({ examples: names(kind) })
        .optional(),
      constant: z.string('text').optional().describe('Constant: this text for everybody.'),
      expression: text("Expression: Entra's own attribute-mapping expression language.")
        .meta({ examples: ['Join(" ", [givenName], [surname])'] })
        .optional(),
      none: z
        .literal(true, 'true, or left out')
        .optional()
        .describe('None: the target keeps what it has; a default is filled in at creation.'),
      default: z.string('text').optional().describe('Taken where the source has no value, at creation only.'),
      apply: choice(['always', 'onCreate'])
        .optional()
        .describe(
          'always: kept up to date. onCreate: written once. Left out: always, but for the displayName of service principals.',
        ),
      required: flag('Whether nothing may be created or changed while this has no value.').optional(),
      clearWhenEmpty: flag(
        'Whether the value in Databricks is cleared when the source becomes empty. Left out: it stays.',
      ).optional(),
      matching: wholeNumber(1, 100)
        .optional()
        .describe('Existing resources are looked for by this attribute; the lowest number first.'),
      values: z
        .array(text('One role or entitlement.'), 'a list of texts')
        .optional()
        .describe('For roles and entitlements: the only values that are ever given or taken.'),
      assert: flag(
        'For roles and entitlements: whether declared values that the source does not give are taken away. Left out: they are not.',
      ).optional(),
    },
    RULE_EXAMPLE,
  );
}

/** The form of a mapping rule, per kind. */
export const ruleForms = {
  user: mappingRule('user'),
  group: mappingRule('group'),
  servicePrincipal: mappingRule('servicePrincipal'),
};

function rulesOf(kind: PrincipalKind, who: string) {
  return z
    .array(ruleForms[kind], `a list of rules, such as [ ${RULE_EXAMPLE} ]`)
    .optional()
    .describe(
      `What ${who} become in Databricks. Left out: the default mappings. Given, it replaces all of them.`,
    );
}

/** Attribute mappings, per kind. */
export const mappingRules = section(
  {
    users: rulesOf('user', 'users'),
    groups: rulesOf('group', 'groups'),
    servicePrincipals: rulesOf('servicePrincipal', 'service principals'),
  },
  `{ "groups": [ ${RULE_EXAMPLE} ] }`,
)
  .prefault({})
  .describe('Which Entra attributes become which attributes in Databricks.');

function names(kind: PrincipalKind): string[] {
  return sourceAttributes(kind).map(({ name }) => name);
}
