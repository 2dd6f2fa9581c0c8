import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { file, minimal, parse, SOMEBODY } from './provisioning-config-files.ts';

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('the file was taken');
}

/** The whole error text, given what it says of each problem: line:column, path and words. */
function complaint(...problems: readonly string[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map(problem => `\n  provisioning.config.json:${problem}`);
  return `The provisioning configuration has ${count}:${lines.join('')}`;
}

const GUID_EXAMPLE = '"8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10"';
const department = '{ "attribute": "department", "operator": "EQUALS", "value": "Engineering" }';

type Row = readonly [danger: string, text: string, ...problems: readonly string[]];

const noJson: readonly Row[] = [
  ['nothing', '', '1:1 the file is empty'],
  ['comments alone', '// to do\n', '1:1 the file is empty'],
  ['a missing comma', '{\n  "source": {}\n  "targets": []\n}', '3:3 a comma is missing in front of this'],
  ['a missing colon', '{ "source" {} }', '1:12 a colon is missing in front of this'],
  ['a missing value', '{ "source": }', '1:13 a value is expected here'],
  ['a comma too many', '{ "source": {},, }', '1:16 a name in double quotes is expected here'],
  ['a missing brace', '{\n  "source": {}', '2:15 a closing brace } is missing'],
  ['a missing bracket', '{ "targets": [ 1', '1:17 a closing bracket ] is missing'],
  ['text after the end', '{}\n}', '2:1 nothing may stand behind the end of the configuration'],
  [
    'names without double quotes, on two lines',
    "{\n  source: 1,\n  'targets': 2\n}",
    '2:3 source is no JSON: names and text stand in double quotes',
    "3:3 'targets' is no JSON: names and text stand in double quotes",
  ],
  [
    'a word that is no JSON',
    '{ "source": yes }',
    '1:13 yes is no JSON: names and text stand in double quotes',
  ],
  ['an open text', '{ "$schema": "x\n}', '1:14 this text has no closing double quote on its line'],
  ['an open comment', '{} /* and', '1:4 this comment has no end'],
  [
    'a Windows path',
    '{ "$schema": "C:\\schema" }',
    '1:14 this text holds an escape that JSON does not know; a backslash is written \\\\',
  ],
  [
    'half a code point',
    '{ "$schema": "\\u12" }',
    '1:14 this text holds a \\u that four hexadecimal digits do not follow',
  ],
  [
    'a tab within a text',
    '{ "$schema": "a\tb" }',
    '1:14 this text holds a control character; a tab is written \\t, a line break \\n',
  ],
  [
    'a name that stands there twice',
    '{ "scope": { "mode": "all",\r\n"mode": "assigned" } }',
    '2:1 "mode" stands here a second time',
  ],
];

/** A file with those targets, in line 2 from column 14. */
function targets(list: string, more = '"schedule": {}'): string {
  const [open = '', source = ''] = minimal.split('\n');
  return `${open}\n  "targets": [${list}],\n  ${more},\n${source.replace(/,$/, '')}\n}`;
}

const wrongForm: readonly Row[] = [
  [
    'something else than an object',
    '[]',
    '1:1 the file is an empty list: it must be an object, such as { "source": { … }, "targets": [ … ] }',
  ],
  [
    'neither source nor targets',
    '{}',
    `1:1 source is missing: it must be an object, such as { "tenantId": ${GUID_EXAMPLE}, "applicationObjectId": ${GUID_EXAMPLE} }`,
    `1:1 targets is missing: it must be a list of 1 to 50 targets, such as [ { "accountId": ${GUID_EXAMPLE} } ]`,
  ],
  [
    'ids that are missing, no GUID or no text',
    '{ "source": { "tenantId": "contoso.com" }, "targets": [ { "accountId": 12 } ] }',
    '1:13 source.applicationObjectId is missing: it must be a GUID',
    '1:27 source.tenantId is "contoso.com": it must be a GUID',
    '1:72 targets[0].accountId is 12: it must be a GUID',
  ],
  [
    'the same account twice, in another case and by way of a workspace',
    targets(
      `{ "accountId": ${GUID_EXAMPLE} }, { "kind": "workspaceProxy", "accountId": ${GUID_EXAMPLE.toUpperCase()}, "workspaceUrl": "https://adb-7.1.azuredatabricks.net" }`,
    ),
    `2:113 targets[1].accountId is ${GUID_EXAMPLE.toUpperCase()}: it is the same target as targets[0]: one target has one scope and one owner, so it stands here once`,
  ],
  [
    'the same workspace twice',
    targets(
      '{ "kind": "workspace", "workspaceUrl": "https://adb-7.1.azuredatabricks.net" }, { "kind": "workspace", "workspaceId": "7", "workspaceUrl": "https://other.example" }',
    ),
    '2:133 targets[1].workspaceId is "7": it is the same target as targets[0]: one target has one scope and one owner, so it stands here once',
  ],
  [
    'targets that lack their place, and have what is not for them',
    targets(
      `{ "workspaceUrl": "http://adb-7.1.azuredatabricks.net" }, { "kind": "workspace", "accountId": ${GUID_EXAMPLE}, "apiVersion": "2.0" }, { "kind": "workspace", "workspaceUrl": "https://dbc.example" }`,
    ),
    '2:15 targets[0].accountId is missing: a target of kind "account" needs it',
    '2:33 targets[0].workspaceUrl is "http://adb-7.1.azuredatabricks.net": it must be an https address without a path, such as https://adb-1234567890123456.7.azuredatabricks.net',
    '2:33 targets[0].workspaceUrl is "http://adb-7.1.azuredatabricks.net": it must be left out of a target of kind "account"',
    '2:73 targets[1].workspaceUrl is missing: a target of kind "workspace" needs it',
    `2:109 targets[1].accountId is ${GUID_EXAMPLE}: it must be left out of a target of kind "workspace"`,
    '2:163 targets[1].apiVersion is "2.0": it must be left out of a target of kind "workspace"',
    '2:172 targets[2].workspaceId is missing: it is needed, since the address of the workspace does not hold its id',
  ],
  [
    'ways to sign in that cannot work',
    targets(
      `{ "accountId": ${GUID_EXAMPLE}, "apiVersion": "2.0", "signIn": { "method": "token", "setting": "A B", "keyVaultSecret": "https://v.vault.azure.net/secrets/x/1" } }, { "kind": "workspace", "workspaceUrl": "https://adb-7.1.azuredatabricks.net", "signIn": { "method": "oauth", "workspaceResourceId": "x" } }`,
    ),
    '2:84 targets[0].apiVersion is "2.0": it must be "2.1" or left out with a SCIM token, which works for that version only',
    '2:101 targets[0].signIn is an object: it must say where the secret is: setting or keyVaultSecret, one of the two',
    '2:133 targets[0].signIn.setting is "A B": it must be the name of an app setting: letters, digits and _',
    '2:158 targets[0].signIn.keyVaultSecret is "https://v.vault.azure.net/secrets/x/1": it must be the address of a secret in Key Vault, without a version, such as https://my-vault.vault.azure.net/secrets/scim-token',
    '2:291 targets[1].signIn is an object: it must say where the secret is: setting or keyVaultSecret, one of the two',
    '2:291 targets[1].signIn.clientId is missing: the method "oauth" needs it',
    '2:335 targets[1].signIn.workspaceResourceId is "x": it must be left out with the method "oauth"',
  ],
  [
    'a scope of a target that contradicts the general one, or itself',
    targets(
      `{ "accountId": ${GUID_EXAMPLE}, "scope": { "assignDescendants": false, "exclude": [${GUID_EXAMPLE}] } }`,
      `"scope": { "nestedGroups": "mirror", "include": [${GUID_EXAMPLE}] }`,
    ),
    '2:102 targets[0].scope.assignDescendants is false: it must be true or left out with nestedGroups "mirror": groups can only be nested in Databricks if they are provisioned',
    `2:121 targets[0].scope.exclude[0] is ${GUID_EXAMPLE}: it stands in scope.include as well`,
  ],
  [
    'entitlements for an account, and roles for a workspace',
    targets(
      `{ "accountId": ${GUID_EXAMPLE} }, { "kind": "workspace", "workspaceUrl": "https://adb-7.1.azuredatabricks.net", "mappings": { "users": [ { "target": "userName", "source": "userPrincipalName" }, { "target": "roles", "source": "appRoleAssignments", "values": ["a"] } ] } }`,
      '"mappings": { "groups": [ { "target": "displayName", "source": "displayName" }, { "target": "entitlements", "source": "appRoleAssignments", "values": ["workspace-access"] } ] }',
    ),
    '2:244 targets[1].mappings.users[1].target is "roles": a workspace on Azure keeps no roles: give roles at the account, and to the workspaces mappings of their own',
    '3:95 mappings.groups[1].target is "entitlements": an account keeps no entitlements, which belong to workspaces: give these mappings of their own',
  ],
  [
    'no target',
    minimal.replace(/\[\{.*\}\]/, '[]'),
    `3:14 targets is an empty list: it must be a list of 1 to 50 targets, such as [ { "accountId": ${GUID_EXAMPLE} } ]`,
  ],
  [
    'keys that nobody knows, near one that somebody does and far from all',
    file('"scopes": {}, "scope": { "nestedgroup": "mirror", "colour": "red" }, "__proto__": {}'),
    '4:3 scopes is unknown: did you mean "scope"?',
    '4:28 scope.nestedgroup is unknown: did you mean "nestedGroups"?',
    '4:53 scope.colour is unknown: possible here: mode, nestedGroups, assignDescendants, guests, microsoft365Groups, servicePrincipals, filters, include, exclude',
    '4:72 __proto__ is unknown: possible here: $schema, source, targets, scope, mappings, lifecycle, protected, adminAllowList, guard, holds, quarantine, schedule',
  ],
  [
    'a secret where there is no place for one',
    minimal.replace('[{', '[{ "token": "dapi123", '),
    '3:17 targets[0].token is unknown: possible here: kind, accountId, workspaceUrl, workspaceId, apiVersion, signIn, accountSignIn, workspaces, requestsPerSecond, planFirst, scope, mappings',
  ],
  [
    'words that are not among those allowed',
    file('"scope": { "mode": "asigned", "nestedGroups": "both" }'),
    '4:22 scope.mode is "asigned": it must be "assigned" or "all"; did you mean "assigned"?',
    '4:49 scope.nestedGroups is "both": it must be "flatten", "mirror" or "direct"',
  ],
  [
    'text where true or false is needed',
    file('"scope": { "guests": "yes", "microsoft365Groups": null }'),
    '4:24 scope.guests is "yes": it must be true or false',
    '4:53 scope.microsoft365Groups is null: it must be true or false',
  ],
  [
    'numbers out of range, in parts, in quotes',
    file(`"schedule": { "reconcileMinutes": 41, "settleWindowMs": 499.5 },
  "guard": { "groupShrink": { "members": "10", "percent": 101 } }`),
    '4:37 schedule.reconcileMinutes is 41: it must be a whole number from 20 to 40',
    '4:59 schedule.settleWindowMs is 499.5: it must be a whole number from 500 to 60000',
    '5:42 guard.groupShrink.members is "10": it must be a whole number from 0 to 1000000',
    '5:59 guard.groupShrink.percent is 101: it must be a whole number from 0 to 100',
  ],
  [
    'object ids that are names',
    file('"protected": { "objectIds": ["admin@contoso.com"] }, "adminAllowList": "nobody"'),
    '4:32 protected.objectIds[0] is "admin@contoso.com": it must be a GUID',
    '4:74 adminAllowList is "nobody": it must be a list of object ids',
  ],
  [
    'a protected name that is every name, or none',
    file('"protected": { "groupNames": ["*", "  "] }'),
    '4:33 protected.groupNames[0] is "*": it must be a name or a pattern such as "admin-*": one of * alone would stop every group',
    '4:38 protected.groupNames[1] is "  ": it must be text that is not blank',
  ],
  [
    'lifecycle policies that cannot be',
    file(`"lifecycle": {
    "users": { "disabled": { "action": "delete" }, "unassigned": { "graceMinutes": 129601 } },
    "servicePrincipals": { "hardDeleted": { "action": "removeMembers" } },
    "groups": { "unassigned": { "action": "deactivate" }, "softDeleted": {}, "deleted": "delete" }
  }`),
    '5:40 lifecycle.users.disabled.action is "delete": it must be "deactivate" or "keep", since a disabled account comes back',
    '5:84 lifecycle.users.unassigned.graceMinutes is 129601: it must be a whole number from 0 to 129600',
    '6:55 lifecycle.servicePrincipals.hardDeleted.action is "removeMembers": it must be "deactivate", "delete" or "keep"',
    '7:43 lifecycle.groups.unassigned.action is "deactivate": it must be "removeMembers", "keep" or "delete"',
    '7:59 lifecycle.groups.softDeleted is unknown: possible here: unassigned, filteredOut, deleted',
    '7:89 lifecycle.groups.deleted is "delete": it must be an object, such as { "action": "delete", "graceMinutes": 60 }',
  ],
];

const contradictory: readonly Row[] = [
  [
    'mirrored groups that are not provisioned',
    file('"scope": { "nestedGroups": "mirror", "assignDescendants": false }'),
    '4:61 scope.assignDescendants is false: it must be true or left out with nestedGroups "mirror": groups can only be nested in Databricks if they are provisioned',
  ],
  [
    'descendants that are assigned where all are in scope',
    file('"scope": { "mode": "all", "assignDescendants": true }'),
    '4:50 scope.assignDescendants is true: it must be false or left out with mode "all": every group is in scope already',
  ],
  [
    'somebody who is included and excluded, in different case',
    file(`"scope": { "include": ["${SOMEBODY}"], "exclude": ["${SOMEBODY.toUpperCase()}"] }`),
    `4:79 scope.exclude[0] is "${SOMEBODY.toUpperCase()}": it stands in scope.include as well`,
  ],
  [
    'a grace period in front of nothing',
    file('"lifecycle": { "users": { "unassigned": { "action": "keep", "graceMinutes": 0 } } }'),
    '4:79 lifecycle.users.unassigned.graceMinutes is 0: it must be left out where the action is "keep": nothing is going to happen that could wait',
  ],
];

const filters = (clauses: string): string => file(`"scope": { "filters": { "users": [${clauses}] } }`);

const unsoundFilters: readonly Row[] = [
  [
    'a filter without clauses, and clauses without a filter',
    filters(`[], ${department}`),
    '4:37 scope.filters.users[0] is an empty list: it must be a list of at least one clause: a filter without any would let everybody through',
    `4:41 scope.filters.users[1] is an object: it must be a list of clauses, such as [ ${department} ]`,
  ],
  [
    'an attribute that users do not have',
    filters(`[${department.replace('department', 'departmnt')}]`),
    '4:53 scope.filters.users[0][0].attribute is "departmnt": users have no attribute "departmnt": did you mean "department"?',
  ],
  [
    'an operator that nobody knows',
    filters(`[${department}], [${department}, ${department.replace('EQUALS', 'EQUAL')}]`),
    '4:235 scope.filters.users[1][1].operator is "EQUAL": it must be "EQUALS", "NOT EQUALS", "INCLUDES", "Includes", "ENDS_WITH", "REGEX MATCH", "NOT REGEX MATCH", "IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE", "Greater_Than", "Greater_Than_OR_EQUALS", "&", "!&" or "IsMemberOf"; did you mean "EQUALS"?',
  ],
  [
    'a value that is missing, one too many, one of the wrong type',
    filters(`[
    { "attribute": "department", "operator": "EQUALS" },
    { "attribute": "department", "operator": "IS NULL", "value": "" },
    { "attribute": "department", "operator": "EQUALS", "value": ["a"] }]`),
    '5:5 scope.filters.users[0][0] is refused: EQUALS needs a value to compare with',
    '6:66 scope.filters.users[0][1].value is "": IS NULL compares with nothing: leave the value out',
    '7:65 scope.filters.users[0][2].value is a list of 1: it must be text or a number',
  ],
  [
    'a pattern that could hang a search',
    filters('[{ "attribute": "department", "operator": "REGEX MATCH", "value": "(?=a)" }]'),
    '4:103 scope.filters.users[0][0].value is "(?=a)": character 1 of the pattern: lookaround cannot be matched in linear time',
  ],
  [
    'membership in a group that is named, which would keep everybody out',
    filters('[{ "operator": "IsMemberOf", "value": "Data Engineers" }]'),
    '4:75 scope.filters.users[0][0].value is "Data Engineers": it must be the object id of a group, a GUID',
  ],
];

const mappings = (rules: string): string => file(`"mappings": { "users": [${rules}] }`);
const userName = '{ "target": "userName", "source": "userPrincipalName" }';

const unsoundMappings: readonly Row[] = [
  [
    'no rule for the user name',
    mappings('{ "target": "displayName", "source": "displayName" }'),
    '4:26 mappings.users is not complete: userName is required and no rule gives it a value; for example {"target":"userName","source":"userPrincipalName"}',
  ],
  [
    'every rule that is wrong, and none for what a wrong one would have given',
    mappings(`
    { "target": "userName", "source": "userPrincipleName" },
    { "target": "displayName" },
    { "target": "members", "source": "mail", "colour": 1 },
    { "target": "active", "constant": "True" },
    { "target": "externalId", "source": "extensionAttribute1" }`),
    '5:39 mappings.users[0].source is "userPrincipleName": users have no attribute "userPrincipleName": did you mean "userPrincipalName"?',
    '6:17 mappings.users[1].target is "displayName": exactly one of source, constant, expression, none is needed; none of them is there',
    '7:46 mappings.users[2].colour is unknown: possible here: target, source, constant, expression, none, default, apply, required, clearWhenEmpty, matching, values, assert',
    '8:39 mappings.users[3].constant is "True": active may only be mapped from IsSoftDeleted, False for True and True for False: it says whether somebody may sign in, and follows IsSoftDeleted alone; policies under lifecycle change when',
    '9:41 mappings.users[4].source is "extensionAttribute1": externalId may only be mapped from objectId: it always holds the Entra object id: anything else leads to duplicates when Automatic Identity Management is switched on',
  ],
  [
    'two rules for one attribute, behind one that is refused',
    mappings(`{ "target": "title", "source": "jobTitle" }, ${userName}, ${userName}`),
    '4:39 mappings.users[0].target is "title": Databricks keeps no such attribute of a user; possible are id, userName, displayName, name.givenName, name.familyName, emails[type eq "work"].value, active, externalId, roles, entitlements',
    '4:141 mappings.users[2].target is "userName": userName has a rule already: one attribute, one rule',
  ],
  [
    'roles without the values that may be given',
    mappings(`${userName}, { "target": "roles", "source": "appRoleAssignments" }`),
    '4:84 mappings.users[1].values is missing: roles needs the values that may be given',
  ],
];

describe('refused, with the whole text of the error:', () => {
  test.each([...noJson, ...wrongForm, ...contradictory, ...unsoundFilters, ...unsoundMappings])(
    '%s',
    (_danger, text, ...problems) => {
      expect(refusal(text)).toBe(complaint(...problems));
    },
  );

  test('an expression, with its place in the file and the place within the expression', () => {
    const text = mappings(`${userName},
    { "target": "displayName", "expression": "Join(\\" \\", [givenName], [surname]" }`);
    expect(refusal(text)).toMatch(
      /^The provisioning configuration has a problem:\n {2}provisioning\.config\.json:5:46 mappings\.users\[1\]\.expression is "Join\(\\" \\", \[givenName\], \[surname\]": line 1, column 33: .*expected .*/,
    );
  });

  test('a long value is cut, and what spans lines is shown on one', () => {
    const text = mappings(
      `${userName}, { "target": "displayName", "expression": "Left(${'\\n'.repeat(70)}[mail]" }`,
    );
    const lines = refusal(text).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`expression is "Left(${'\\n'.repeat(55)}"…: line 71, column `);
  });

  test('problems of every sort, all at once and in the order of the file', () => {
    const text = file(`"scope": {
    "mode": "al",
    "filters": { "groups": [[{ "attribute": "mebers", "operator": "IS NULL" }]] },
    "nestedGroups": "mirror", "assignDescendants": false
  },
  "mappings": { "groups": [{ "target": "displayName", "source": "name" }] },
  "shedule": {}`);
    const found = refusal(text).match(/:\d+:\d+ \S+/g);
    expect(found).toEqual([
      ':5:13 scope.mode',
      ':6:45 scope.filters.groups[0][0].attribute',
      ':7:52 scope.assignDescendants',
      ':9:65 mappings.groups[0].source',
      ':10:3 shedule',
    ]);
  });
});
