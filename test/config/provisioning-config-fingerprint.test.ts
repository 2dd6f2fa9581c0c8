import { describe, expect, test } from 'vitest';
import { configFingerprint } from '../../src/config/provisioning-config-fingerprint.ts';
import { ACCOUNT, APPLICATION, file, minimal, parse, SOMEBODY, TENANT } from './provisioning-config-files.ts';

const OTHER = 'ffffffff-0000-4000-8000-00000000000b';

function fingerprint(text: string): string {
  const config = parse(text);
  return configFingerprint(config, config.targets[0]);
}

const clause = '{ "attribute": "department", "operator": "EQUALS", "value": "Engineering" }';
const clauseTurned = '{ "value": "Engineering", "operator": "EQUALS", "attribute": "department" }';
const enabled = '{ "attribute": "accountEnabled", "operator": "IS TRUE" }';
const filters = (list: string): string => file(`"scope": { "filters": { "users": [${list}] } }`);
const mappings = (list: string): string => file(`"mappings": { "users": [${list}] }`);
const userName = '{ "target": "userName", "source": "userPrincipalName" }';
const displayName = '{ "target": "displayName", "source": "displayName"';

describe('the fingerprint is equal for', () => {
  test.each([
    ['comments and blanks', minimal, minimal.replaceAll('\n', '  // so\n')],
    [
      'the order of keys',
      minimal,
      `{ "targets": [{ "accountId": "${ACCOUNT}" }],
         "source": { "applicationObjectId": "${APPLICATION}", "tenantId": "${TENANT}" } }`,
    ],
    ['ids in another case', minimal, minimal.replace(TENANT, TENANT.toUpperCase())],
    [
      'other words about holds and quarantines',
      minimal,
      file('"holds": { "approvals": 2 }, "quarantine": { "failureMinimum": 50 }'),
    ],
    ['another schedule', minimal, file('"schedule": { "reconcileMinutes": 20, "settleWindowMs": 500 }')],
    ['another address of the JSON Schema', minimal, file('"$schema": "https://example.com/schema.json"')],
    [
      'defaults written out',
      minimal,
      file(`"scope": { "mode": "assigned", "guests": true, "assignDescendants": false },
        "lifecycle": { "users": { "disabled": { "action": "deactivate", "graceMinutes": 0 } } },
        "mappings": { "groups": [{ "target": "displayName", "source": "displayName", "required": false }] }`),
    ],
    [
      'the order of clauses and their keys',
      filters(`[${clause}, ${enabled}]`),
      filters(`[${enabled}, ${clauseTurned}]`),
    ],
    ['the order of filters', filters(`[${clause}], [${enabled}]`), filters(`[${enabled}], [${clause}]`)],
    [
      'the order of rules',
      mappings(`${userName}, ${displayName} }`),
      mappings(`${displayName} }, ${userName}`),
    ],
    [
      'the order of ids, and ids twice',
      file(`"scope": { "exclude": ["${SOMEBODY}", "${OTHER}"] }`),
      file(`"scope": { "exclude": ["${OTHER}", "${SOMEBODY}", "${OTHER.toUpperCase()}"] }`),
    ],
  ])('%s', (_what, one, other) => {
    expect(one).not.toBe(other);
    expect(fingerprint(one)).toBe(fingerprint(other));
  });
});

test('the fingerprint is another for every change that may lead to other targets', () => {
  const texts = [
    minimal,
    minimal.replace(TENANT, OTHER),
    minimal.replace(APPLICATION, OTHER),
    minimal.replace(ACCOUNT, OTHER),
    minimal.replace('"tenantId"', '"readHiddenMembership": true, "tenantId"'),
    file('"scope": { "mode": "all" }'),
    file('"scope": { "mode": "all", "guests": true }'),
    file('"scope": { "nestedGroups": "mirror" }'),
    file('"scope": { "nestedGroups": "direct" }'),
    file('"scope": { "assignDescendants": true }'),
    file('"scope": { "microsoft365Groups": true }'),
    file('"scope": { "servicePrincipals": false }'),
    file(`"scope": { "include": ["${SOMEBODY}"] }`),
    file(`"scope": { "exclude": ["${SOMEBODY}"] }`),
    filters(`[${clause}, ${enabled}]`),
    filters(`[${clause}], [${enabled}]`),
    filters(`[${clause.replace('Engineering', 'engineering')}, ${enabled}]`),
    file(`"scope": { "filters": { "groups": [[{ "attribute": "mail", "operator": "IS NULL" }]] } }`),
    mappings(userName),
    mappings(`${userName}, ${displayName} }`),
    mappings(`${userName}, ${displayName}, "apply": "onCreate" }`),
    mappings(`${userName}, ${displayName}, "clearWhenEmpty": true }`),
    file('"lifecycle": { "users": { "unassigned": { "action": "delete" } } }'),
    file('"lifecycle": { "users": { "unassigned": { "graceMinutes": 1 } } }'),
    file('"lifecycle": { "servicePrincipals": { "unassigned": { "graceMinutes": 1 } } }'),
    file('"lifecycle": { "groups": { "deleted": { "action": "keep" } } }'),
    file('"lifecycle": { "userNameChange": "replace" }'),
    file('"lifecycle": { "groupNameConflict": "suffix" }'),
    file(`"protected": { "objectIds": ["${SOMEBODY}"] }`),
    file('"protected": { "groupNames": ["a*"] }'),
    file(`"adminAllowList": ["${SOMEBODY}"]`),
    file('"guard": { "groupShrink": { "members": 11 } }'),
  ];
  const fingerprints = new Map(texts.map(text => [fingerprint(text), text]));
  expect([...fingerprints.values()]).toEqual(texts);
});

test('the fingerprint holds nothing that could be read', () => {
  expect(fingerprint(minimal)).toMatch(/^[0-9a-f]{64}$/);
});
