import { expect } from 'vitest';
import { forEachAtOnce } from '../../src/identity/at-once.ts';
import { APPLICATION, group, user, users } from '../harness/tenant.ts';
import { type KindOfTarget, namesOf } from './kinds-of-target.ts';
import { isIn, on, type Story, upn } from './provisioning-story.ts';

/** What one PATCH may hold, and more than that. */
const MEMBERS_OF_A_PATCH = 500;
const LARGE = 600;

export function nested(): Story {
  const [ada, bob] = [user('inner'), user('outer')];
  const inner = group('nested inner', [ada.id]);
  const outer = group('nested outer', [bob.id, inner.id]);
  const isNested = (kind: KindOfTarget): boolean | undefined =>
    kind.group('nested outer')?.members.includes(kind.group('nested inner')?.id ?? '');
  return {
    name: 'a group is a member of another, and is taken out of it',
    users: [ada, bob],
    groups: [inner, outer],
    assigned: [outer.id],
    first: kind => {
      expect(isNested(kind)).toBe(true);
      expect(isIn(kind, 'nested inner', upn('inner'))).toBe(true);
    },
    steps: [
      {
        inEntra: directory => directory.removeMember(outer.id, inner.id),
        holds: kind => {
          expect(isNested(kind)).toBe(false);
          expect(isIn(kind, 'nested outer', upn('outer'))).toBe(true);
          expect(on(kind, upn('inner'))).toBe(false);
        },
      },
    ],
  };
}

export function foreignMemberStays(): Story {
  const [ada, bob] = [user('ours'), user('ours-too')];
  const team = group('shared', [ada.id]);
  const foreign = new Map<string, string>();
  return {
    name: 'a member that somebody else put into our group stays there',
    users: [ada, bob],
    groups: [team],
    first: kind => {
      const id = kind.plantUser({ userName: upn('foreign'), displayName: 'foreign' });
      foreign.set(kind.name, id);
      kind.plantMember('shared', id);
    },
    steps: [
      {
        inEntra: directory => {
          directory.addMember(team.id, bob.id);
          directory.removeMember(team.id, ada.id);
        },
        holds: kind => {
          const members = [foreign.get(kind.name), kind.account(upn('ours-too'))?.id].sort();
          expect(kind.group('shared')?.members.toSorted()).toEqual(members);
        },
      },
    ],
  };
}

export function groupCreatedAnew(): Story {
  const ada = user('eve');
  const original = group('payroll', [ada.id]);
  const impostor = group('Payroll', [ada.id]);
  return {
    name: 'a group created anew under the name of a deleted one gets nothing of that',
    users: [ada],
    groups: [original],
    first: kind => expect(kind.group('payroll')).toMatchObject({ externalId: original.id }),
    steps: [
      {
        inEntra: directory => directory.delete(original.id),
        holds: kind => expect(kind.group('payroll')).toMatchObject({ externalId: original.id, members: [] }),
      },
      {
        inEntra: directory => {
          directory.addGroup(impostor);
          directory.assign({ principalId: impostor.id, resourceId: APPLICATION });
        },
        holds: kind => expect(kind.group('payroll')).toMatchObject({ externalId: original.id, members: [] }),
      },
    ],
  };
}

export function reservedName(): Story {
  const ada = user('would-be-admin');
  const admins = group('Admins', [ada.id]);
  return {
    name: 'a group of a reserved name is never asked for',
    users: [ada],
    groups: [admins],
    first: kind => {
      expect(on(kind, upn('would-be-admin'))).toBe(true);
      const asked = kind.writes().filter(({ body }) => /"displayName":"Admins"/i.test(JSON.stringify(body)));
      expect(asked).toEqual([]);
    },
  };
}

export function largeGroup(): Story {
  const people = users(LARGE, 'many');
  const many = group(
    'large',
    people.map(({ id }) => id),
  );
  return {
    name: `a group of ${LARGE} people is filled by as few requests as can hold them`,
    users: people,
    groups: [many],
    // Written by us long ago, so that the group is all that there is to do.
    before: (kind, state) =>
      forEachAtOnce(people, 16, async ({ id, userPrincipalName: userName, displayName }) => {
        const scimId = kind.plantUser({ userName, displayName: displayName ?? '', externalId: id });
        await state.links.add(kind.target, {
          principal: { kind: 'user', id },
          status: 'linked',
          scimId,
          name: userName,
          written: { userName, ...namesOf(userName), externalId: id, active: true },
        });
      }),
    first: kind => {
      const large = kind.group('large');
      expect(large?.members).toHaveLength(LARGE);
      const filled = kind
        .writes()
        .filter(({ method, path }) => method === 'PATCH' && path === `/Groups/${large?.id}`);
      expect(filled).toHaveLength(Math.ceil(LARGE / MEMBERS_OF_A_PATCH));
    },
  };
}
