import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultConfig,
  type ProvisioningConfig,
  parseProvisioningConfig,
} from '../../src/config/provisioning-config.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { defaultMappings } from '../../src/mapping/default-mappings.ts';
import { ACCOUNT, APPLICATION, file, minimal, parse, SOMEBODY, TENANT } from './provisioning-config-files.ts';

const sample = readFileSync(new URL('../../infra/provisioning.config.sample.jsonc', import.meta.url), 'utf8');

const deactivate = { action: 'deactivate', graceMinutes: 0 };
const removeMembers = { action: 'removeMembers', graceMinutes: 0 };
const personDefaults = {
  unassigned: deactivate,
  filteredOut: deactivate,
  disabled: deactivate,
  softDeleted: deactivate,
  hardDeleted: deactivate,
};

const general = {
  source: {
    tenantId: TENANT,
    applicationObjectId: APPLICATION,
    cloud: 'public',
    readHiddenMembership: false,
  },
  scope: {
    mode: 'assigned',
    nestedGroups: 'flatten',
    assignDescendants: false,
    guests: true,
    microsoft365Groups: false,
    servicePrincipals: true,
    filters: { users: [], groups: [], servicePrincipals: [] },
    include: [],
    exclude: [],
  },
  mappings: {
    users: defaultMappings.user,
    groups: defaultMappings.group,
    servicePrincipals: defaultMappings.servicePrincipal,
  },
  lifecycle: {
    users: personDefaults,
    servicePrincipals: personDefaults,
    groups: { unassigned: removeMembers, filteredOut: removeMembers, deleted: removeMembers },
    userNameChange: 'report',
    groupNameConflict: 'hold',
  },
  protected: { objectIds: [], groupNames: [] },
  adminAllowList: [],
  guard: {
    groupShrink: { members: 10, percent: 20 },
    accounts: {
      perHour: { count: 20, percent: 5 },
      perDay: { count: 50, percent: 10 },
      perWeek: { count: 100, percent: 20 },
    },
    memberships: {
      perHour: { count: 200, percent: 5 },
      perDay: { count: 500, percent: 10 },
      perWeek: { count: 1000, percent: 20 },
    },
    grants: {
      perHour: { count: 200, percent: 5 },
      perDay: { count: 500, percent: 10 },
      perWeek: { count: 1000, percent: 20 },
    },
  },
  holds: { expireDays: 30, approvals: 1 },
  quarantine: { failurePercent: 50, failureMinimum: 200, windowMinutes: 10, disableAfterDays: 28 },
  schedule: { reconcileMinutes: 30, settleWindowMs: 2000 },
};

const defaults = {
  ...general,
  targets: [
    {
      id: `account-${ACCOUNT}`,
      place: { kind: 'account', accountId: ACCOUNT, apiVersion: '2.1' },
      signIn: undefined,
      accountSignIn: undefined,
      workspaces: [],
      rates: {},
      planFirst: false,
      scope: general.scope,
      mappings: general.mappings,
    },
  ],
};

describe('a file', () => {
  test('with a tenant, an enterprise application and one account is complete', () => {
    expect(parse(minimal)).toEqual(defaults);
  });

  test('that is not there gives the same as one with the ids alone', () => {
    const ids = {
      tenantId: TENANT.toUpperCase(),
      applicationObjectId: APPLICATION.toUpperCase(),
      accountId: ACCOUNT.toUpperCase(),
    };
    expect(defaultConfig(ids)).toEqual(defaults);
  });

  test('may hold comments, trailing commas, a byte order mark and a $schema', () => {
    const text = `\uFEFF// ours\r\n${minimal.replace('{', '{ "$schema": "./x.json", /* all of it */')}`;
    expect(parse(text.replace(/\n\}$/, ',\n}'))).toEqual(defaults);
  });

  test('keeps what it says, with ids in lower case', () => {
    const config = parse(
      file(`"scope": {
        "mode": "all", "nestedGroups": "direct", "assignDescendants": false, "microsoft365Groups": true,
        "filters": { "users": [[{ "attribute": "department", "operator": "EQUALS", "value": "R&D" }]] },
        "include": ["${SOMEBODY.toUpperCase()}"],
      },
      "mappings": { "groups": [{ "target": "displayName", "expression": "ToUpper([displayName])" }] },
      "lifecycle": {
        "users": { "softDeleted": { "action": "delete", "graceMinutes": 129600 }, "disabled": { "action": "keep" } },
        "groups": { "deleted": { "action": "delete" } },
        "userNameChange": "replace",
      },
      "protected": { "groupNames": ["prod-*"] },
      "guard": { "groupShrink": { "percent": 100 } },
      "schedule": { "reconcileMinutes": 20 }`),
    );
    const { scope, mappings } = config;
    expect(config.targets).toEqual([{ ...defaults.targets[0], scope, mappings }]);
    expect({ ...config, targets: undefined }).toEqual({
      ...general,
      scope: {
        ...defaults.scope,
        mode: 'all',
        nestedGroups: 'direct',
        guests: false,
        microsoft365Groups: true,
        servicePrincipals: false,
        filters: {
          ...defaults.scope.filters,
          users: [[{ attribute: 'department', operator: 'EQUALS', value: 'R&D' }]],
        },
        include: [SOMEBODY],
      },
      mappings: {
        ...defaults.mappings,
        groups: [{ target: 'displayName', expression: 'ToUpper([displayName])' }],
      },
      lifecycle: {
        ...defaults.lifecycle,
        users: {
          ...personDefaults,
          softDeleted: { action: 'delete', graceMinutes: 129_600 },
          disabled: { action: 'keep', graceMinutes: 0 },
        },
        groups: { ...defaults.lifecycle.groups, deleted: { action: 'delete', graceMinutes: 0 } },
        userNameChange: 'replace',
      },
      protected: { objectIds: [], groupNames: ['prod-*'] },
      guard: { ...general.guard, groupShrink: { members: 10, percent: 100 } },
      holds: general.holds,
      quarantine: general.quarantine,
      schedule: { reconcileMinutes: 20, settleWindowMs: 2000 },
    });
  });

  test.each([
    ['assigned', undefined, true],
    ['assigned', false, false],
    ['all', undefined, false],
    ['all', true, true],
  ])('in mode %s with guests %s and service principals likewise takes them: %s', (mode, given, taken) => {
    const { scope } = parse(
      file(`"scope": ${JSON.stringify({ mode, guests: given, servicePrincipals: given })}`),
    );
    expect([scope.guests, scope.servicePrincipals]).toEqual([taken, taken]);
  });

  test.each([
    ['mirror', undefined, true],
    ['mirror', true, true],
    ['direct', undefined, false],
    ['direct', true, true],
    ['flatten', true, true],
  ])(
    'with nested groups %s and assignDescendants %s assigns descendants: %s',
    (nestedGroups, given, does) => {
      const { scope } = parse(file(`"scope": ${JSON.stringify({ nestedGroups, assignDescendants: given })}`));
      expect(scope.assignDescendants).toBe(does);
    },
  );

  test('is the sample: every default, spelled out', () => {
    const config = parseProvisioningConfig(sample, 'sample');
    const { place } = config.targets[0];
    const accountId = 'accountId' in place ? place.accountId : '';
    expect(config).toEqual(defaultConfig({ ...config.source, accountId }));
  });

  test('takes what the comments of the sample offer', () => {
    const comments = sample.split('\n').flatMap(line => /^ *\/\/ (.*)$/.exec(line)?.[1] ?? []);
    const filters = comments.filter(comment => comment.startsWith('[{'));
    const rules = comments.flatMap(comment => /\{ "target".*$/.exec(comment)?.[0] ?? []);
    const config = parse(
      file(`"scope": { "filters": { "users": [${filters.join('')}] } },
      "mappings": { "users": [{ "target": "userName", "source": "mail" }, ${rules.join('')}] }`),
    );
    expect(config.scope.filters.users).toHaveLength(2);
    expect(config.mappings.users).toHaveLength(2);
  });

  test('leads to a configuration or to a ConfigurationError, whatever stands in it', () => {
    const node = fc.oneof(fc.jsonValue(), fc.constant({}), fc.constant([[{ operator: 'EQUALS' }]]));
    const anything = fc.record(Object.fromEntries(Object.keys(defaults).map(key => [key, node])), {
      requiredKeys: [],
    });
    const texts = fc.oneof(
      fc.string(),
      anything.map(value => JSON.stringify(value)),
      fc
        .tuple(fc.constantFrom(minimal, sample), fc.nat(), fc.string({ maxLength: 3 }))
        .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1)),
    );
    fc.assert(
      fc.property(texts, text => {
        expect(outcome(text)).toMatch(/^(a configuration|ConfigurationError)$/);
      }),
      { numRuns: 300 },
    );
  });
});

function outcome(text: string): string {
  try {
    const config: ProvisioningConfig = parseProvisioningConfig(text, 'f');
    return Array.isArray(config.targets) ? 'a configuration' : 'nonsense';
  } catch (error) {
    return error instanceof ConfigurationError ? error.name : String(error);
  }
}
