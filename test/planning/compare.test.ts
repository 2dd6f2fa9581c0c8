import { describe, expect, test } from 'vitest';
import { actualUser, planOf, type Sides, summary, user, userLink } from './picture.ts';

describe('users', () => {
  test.each<[string, Sides, string[]]>([
    ['as wanted', { users: [user('mia')], actualUsers: [actualUser('mia')], links: [userLink('mia')] }, []],
    ['in nobody’s hands', { actualUsers: [actualUser('mia', { externalId: undefined })] }, []],
    ['linked by another system', { actualUsers: [actualUser('x', { externalId: 'not-ours' })] }, []],
    ['not there yet', { users: [user('mia')] }, ['user:u-mia create']],
    [
      'whose create was left open',
      { users: [user('mia')], links: [userLink('mia', { status: 'creating', scimId: undefined })] },
      ['user:u-mia create'],
    ],
    ['there with our id', { users: [user('mia')], actualUsers: [actualUser('mia')] }, ['user:u-mia adopt']],
    [
      'there under the name, nobody’s',
      {
        users: [user('mia')],
        actualUsers: [actualUser('mia', { externalId: undefined, name: 'MIA@contoso.com' })],
      },
      ['user:u-mia adopt'],
    ],
    [
      'there with our id under another name',
      { users: [user('mia')], actualUsers: [actualUser('mia', { name: 'maria@contoso.com' })] },
      ['user:u-mia propose-adoption'],
    ],
    [
      'there under the name with another id',
      { users: [user('mia')], actualUsers: [actualUser('mia', { externalId: 'u-other' })] },
      ['user:u-mia refuse-adoption'],
    ],
    [
      'there as an administrator',
      { users: [user('mia')], actualUsers: [actualUser('mia', { roles: ['account_admin'] })] },
      ['user:u-mia refuse-adoption'],
    ],
    [
      'drifted',
      {
        users: [user('mia')],
        actualUsers: [actualUser('mia', {}, { displayName: 'Other' })],
        links: [userLink('mia')],
      },
      ['user:u-mia update'],
    ],
    [
      'whose name the target stored in lower case',
      {
        users: [user('mia', { userName: 'Mia@Contoso.com' })],
        actualUsers: [actualUser('mia')],
        links: [userLink('mia')],
      },
      [],
    ],
    [
      'out of scope and active',
      { actualUsers: [actualUser('mia')], links: [userLink('mia')] },
      ['user:u-mia deactivate'],
    ],
    [
      'out of scope and inactive already',
      { actualUsers: [actualUser('mia', { active: false })], links: [userLink('mia')] },
      [],
    ],
    [
      'out of scope while his create is open',
      { links: [userLink('mia', { status: 'creating', scimId: undefined })] },
      ['user:u-mia deactivate'],
    ],
    ['out of scope and gone from the target', { links: [userLink('mia')] }, []],
    [
      'deleted in the target',
      { users: [user('mia')], links: [userLink('mia')] },
      ['user:u-mia missing-in-target'],
    ],
    [
      'deleted in the target, and known to be',
      { users: [user('mia')], links: [userLink('mia', { status: 'gone' })] },
      ['user:u-mia missing-in-target'],
    ],
    [
      'switched off by somebody else, and on again',
      {
        users: [user('mia')],
        actualUsers: [actualUser('mia')],
        links: [userLink('mia', { status: 'gone' })],
      },
      ['user:u-mia update'],
    ],
    [
      'switched off by somebody else, on again and out of scope',
      { actualUsers: [actualUser('mia')], links: [userLink('mia', { status: 'gone', leaver: 'goes' })] },
      ['user:u-mia deactivate'],
    ],
    [
      'switched off by somebody else, still off and out of scope',
      {
        actualUsers: [actualUser('mia', { active: false })],
        links: [userLink('mia', { status: 'gone', leaver: 'goes' })],
      },
      [],
    ],
    [
      'switched off by somebody else, and known to be',
      {
        users: [user('mia')],
        actualUsers: [actualUser('mia', { active: false })],
        links: [userLink('mia', { status: 'gone' })],
      },
      ['user:u-mia missing-in-target'],
    ],
    [
      'out of scope and to be deleted, though inactive already',
      {
        actualUsers: [actualUser('mia', { active: false })],
        links: [userLink('mia', { leaver: 'goes' })],
      },
      ['user:u-mia deactivate'],
    ],
    ['out of scope and deleted already', { links: [userLink('mia', { leaver: 'goes' })] }, []],
    [
      'out of scope, and to keep what he has',
      { actualUsers: [actualUser('mia')], links: [userLink('mia', { leaver: 'stays' })] },
      [],
    ],
    [
      'drifted in what the source has no value for',
      {
        users: [user('mia', { givenName: undefined })],
        actualUsers: [actualUser('mia', {}, { givenName: 'Mia' })],
        links: [userLink('mia')],
      },
      [],
    ],
    [
      'without a display name, which the target shows under his name',
      {
        users: [user('mia', { displayName: '' })],
        actualUsers: [actualUser('mia', {}, { displayName: 'MIA@contoso.com' })],
        links: [userLink('mia')],
      },
      [],
    ],
    [
      'switched off by somebody else',
      { users: [user('mia')], actualUsers: [actualUser('mia', { active: false })], links: [userLink('mia')] },
      ['user:u-mia switched-off-in-target'],
    ],
  ])('%s', (_, sides, expected) => {
    expect(summary(sides)).toEqual(expected);
  });

  test('are switched on again where it was we who switched them off, or may have', () => {
    const off = actualUser('mia', { active: false }, { active: false });
    const ours = userLink('mia', { written: { ...user('mia'), active: false } });
    const perhaps = userLink('mia', { unsettled: true });
    for (const link of [ours, perhaps]) {
      const [item] = planOf({ users: [user('mia')], actualUsers: [off], links: [link] });
      expect(item).toMatchObject({ action: 'update', detail: ['active'], rowClass: 'bulk', scimId: 's-mia' });
    }
  });

  test('that another principal’s link holds are not up for adoption, neither by name nor by id', () => {
    const sides = {
      users: [user('mia')],
      actualUsers: [actualUser('mia')],
      links: [userLink('old', { scimId: 's-mia' })],
    };
    expect(summary(sides)).toEqual(['user:u-mia create', 'user:u-old deactivate']);
  });

  test('with our id go before users with our name', () => {
    const byName = actualUser('mia', { scimId: 's-1', externalId: undefined });
    const byId = actualUser('mia', { scimId: 's-2', name: 'maria@contoso.com' });
    const [item] = planOf({ users: [user('mia')], actualUsers: [byName, byId] });
    expect(item).toMatchObject({ action: 'propose-adoption', scimId: 's-2' });
  });

  test('appear by attribute name, never by value', () => {
    const drifted = actualUser('mia', {}, { displayName: 'Secret Name', givenName: 'Secret' });
    const plan = planOf({ users: [user('mia')], actualUsers: [drifted], links: [userLink('mia')] });
    expect(plan).toMatchObject([{ action: 'update', detail: ['displayName'] }]);
    expect(JSON.stringify(plan)).not.toContain('Secret');
  });
});
