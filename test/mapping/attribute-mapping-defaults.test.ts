import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMapping } from '../../src/mapping/attribute-mapping.ts';
import { defaultMappings } from '../../src/mapping/default-mappings.ts';
import { computedUserPrincipalName } from '../../src/mapping/sign-in-name.ts';
import { sourceReader } from '../../src/mapping/source-attributes.ts';
import { objectOf, objects } from './attribute-mapping-objects.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', ' ', '\t\n', '__proto__', '#EXT#'),
);
const optional = fc.option(text);
const id = fc.uuid();

/** Nothing is cleared in the target: what the source holds as empty is left out. */
function filled(values: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ''));
}

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
        const wanted = {
          userName: computedUserPrincipalName(user.userPrincipalName),
          ...filled({
            displayName: user.displayName,
            givenName: user.givenName,
            familyName: user.surname,
          }),
          externalId: user.id,
          active,
        };
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
        const hasName = (group.displayName ?? '').trim() !== '';
        const wanted = { displayName: group.displayName, externalId: group.id };
        const resource = mapping.map(sourceReader('group', group, { isSoftDeleted: false, appRoles: [] }));
        expect(resource.missing).toEqual(hasName ? [] : ['displayName']);
        if (!hasName) return;
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
