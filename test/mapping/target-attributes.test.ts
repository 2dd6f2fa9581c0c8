import { describe, expect, test } from 'vitest';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { targetAttribute, targetAttributes, whyNoTarget } from '../../src/mapping/target-attributes.ts';
import { kindTraits } from '../../src/planning/kind-traits.ts';

const kinds = ['user', 'group', 'servicePrincipal'] as const;

describe('what Databricks keeps', () => {
  test.each<[PrincipalKind, string, string]>([
    ['user', 'userName', 'userName'],
    ['user', 'displayName', 'displayName'],
    ['user', 'name.givenName', 'givenName'],
    ['user', 'name.familyName', 'familyName'],
    ['user', 'emails[type eq "work"].value', 'email'],
    ['user', 'active', 'active'],
    ['user', 'externalId', 'externalId'],
    ['user', 'roles', 'roles'],
    ['user', 'entitlements', 'entitlements'],
    ['user', 'id', 'id'],
    ['group', 'displayName', 'displayName'],
    ['group', 'externalId', 'externalId'],
    ['group', 'roles', 'roles'],
    ['group', 'entitlements', 'entitlements'],
    ['group', 'id', 'id'],
    ['servicePrincipal', 'applicationId', 'applicationId'],
    ['servicePrincipal', 'displayName', 'displayName'],
    ['servicePrincipal', 'active', 'active'],
    ['servicePrincipal', 'externalId', 'externalId'],
    ['servicePrincipal', 'roles', 'roles'],
    ['servicePrincipal', 'entitlements', 'entitlements'],
    ['servicePrincipal', 'id', 'id'],
  ])('of a %s: %s', (kind, path, key) => {
    expect(targetAttribute(kind, path)).toMatchObject({ path, key });
  });

  test('is all that the table lists', () => {
    expect(kinds.map(kind => targetAttributes(kind).length)).toEqual([10, 5, 7]);
  });

  test.each(kinds)('of a %s: the name that planning knows it by is required, and finds it', kind => {
    expect(targetAttribute(kind, kindTraits[kind].nameAttribute)).toMatchObject({
      required: true,
      matchable: true,
      writable: kindTraits[kind].nameIsImmutable ? 'create' : 'always',
    });
  });

  test.each(kinds)('of a %s: nothing that several may share finds one', kind => {
    const matchable = targetAttributes(kind).filter(attribute => attribute.matchable);
    expect(new Set(matchable.map(({ key }) => key))).toEqual(
      new Set(['id', 'externalId', kindTraits[kind].nameAttribute]),
    );
  });
});

describe('what it does not keep is refused with the reason', () => {
  test.each<[PrincipalKind, string, RegExp]>([
    ['user', 'title', /keeps no such attribute of a user; possible are id, userName, displayName/],
    ['user', 'phoneNumbers[type eq "mobile"].value', /keeps no such attribute of a user/],
    ['user', 'addresses[type eq "work"].country', /keeps no such attribute of a user/],
    ['user', 'manager', /keeps no such attribute of a user/],
    ['user', 'name.formatted', /keeps no such attribute of a user/],
    ['user', 'preferredLanguage', /keeps no such attribute of a user/],
    ['user', 'applicationId', /keeps no such attribute of a user/],
    [
      'user',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
      /it knows no schema extensions/,
    ],
    ['user', 'extensionAttribute1', /an attribute of Entra ID: use it as a source/],
    ['user', 'emails[type eq "other"].value', /keeps one work e-mail, emails\[type eq "work"\]\.value/],
    ['user', 'emails', /keeps one work e-mail/],
    ['user', 'password', /passwords are not provisioned/],
    ['user', 'groups', /memberships are written at the group/],
    ['user', 'meta.resourceType', /the target makes it/],
    ['user', 'roles[primary eq "True"].value', /map roles or entitlements as a whole/],
    ['user', 'entitlements[value eq "workspace-access"]', /map roles or entitlements as a whole/],
    ['group', 'members', /members are implicit/],
    ['group', 'members[value eq "1"]', /members are implicit/],
    ['group', 'description', /keeps no such attribute of a group; possible are id, displayName/],
    ['group', 'active', /keeps no such attribute of a group/],
    ['group', 'userName', /keeps no such attribute of a group/],
    ['servicePrincipal', 'userName', /keeps no such attribute of a service principal/],
    // Nearly right.
    ['user', 'displayname', /did you mean displayName\?/],
    ['user', 'givenName', /did you mean name\.givenName\?/],
    ['user', 'email', /did you mean emails\[type eq "work"\]\.value\?/],
    ['user', "emails[type eq 'work'].value", /did you mean emails\[type eq "work"\]\.value\?/],
    ['user', 'constructor', /keeps no such attribute of a user/],
  ])('of a %s: %s', (kind, path, reason) => {
    expect(targetAttribute(kind, path)).toBeUndefined();
    expect(whyNoTarget(kind, path)).toMatch(reason);
  });
});
