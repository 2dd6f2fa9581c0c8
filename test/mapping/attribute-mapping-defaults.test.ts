import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/attribute-mapping.ts';
import { defaultMappings } from '../../src/mapping/default-mappings.ts';
import { mapGroup } from '../../src/mapping/group.ts';
import { sourceReader } from '../../src/mapping/source-attributes.ts';
import { mapUser } from '../../src/mapping/user.ts';
import { objectOf, objects } from './attribute-mapping-objects.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', ' ', '\t\n', '__proto__', '#EXT#'),
);
const optional = fc.option(text);
const id = fc.uuid();

describe('without a mapping of his own', () => {
  test('every user becomes what he always became', () => {
    const mapping = compileMapping('user', defaultMappings.user);
    const users = fc.record({
      id,
      userPrincipalName: fc.oneof(
        fc.emailAddress(),
        text.map(alias => `${alias}_x.com#EXT#@contoso.com`),
        text,
      ),
      displayName: optional,
      givenName: optional,
      surname: optional,
    });
    fc.assert(
      fc.property(users, fc.boolean(), (user, active) => {
        const wanted = { ...mapUser(user, active) };
        const resource = mapping.map(sourceReader('user', user, { isSoftDeleted: !active, appRoles: [] }));
        const hasName = wanted.userName.trim() !== '';
        expect(resource.missing).toEqual(hasName ? [] : ['userName']);
        if (!hasName) return;
        expect(resource.create).toEqual(wanted);
        expect(resource.set).toEqual(wanted);
        expect(resource.match).toEqual({ externalId: user.id, userName: wanted.userName });
        expect(resource.createRefusal).toBeUndefined();
      }),
    );
  });

  test('every group becomes what it always became', () => {
    const mapping = compileMapping('group', defaultMappings.group);
    fc.assert(
      fc.property(fc.record({ id, displayName: optional }), group => {
        const wanted = mapGroup(group);
        const resource = mapping.map(sourceReader('group', group, { isSoftDeleted: false, appRoles: [] }));
        expect(resource.missing).toEqual(wanted === undefined ? ['displayName'] : []);
        if (wanted === undefined) return;
        expect(resource.create).toEqual(wanted);
        expect(resource.set).toEqual(wanted);
      }),
    );
  });

  test.each([[true], [false]])('a service principal, soft-deleted: %j', isSoftDeleted => {
    const { id: externalId, appId: applicationId } = objects.servicePrincipal;
    const mapping = compileMapping('servicePrincipal', defaultMappings.servicePrincipal);
    const resource = mapping.map(objectOf('servicePrincipal', {}, { isSoftDeleted }));
    const set = { externalId, applicationId, active: !isSoftDeleted };
    expect(resource).toEqual({
      create: { ...set, displayName: 'Robot' },
      set,
      match: { externalId, applicationId },
      missing: [],
    });
  });

  test.each(['user', 'group', 'servicePrincipal'] as const)(
    'a %s is looked for by its object id first',
    kind => {
      expect(compileMapping(kind, defaultMappings[kind]).matching[0]).toEqual({ key: 'externalId' });
    },
  );
});
