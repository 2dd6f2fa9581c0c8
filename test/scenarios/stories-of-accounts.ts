import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { APPLICATION, group, user } from '../harness/tenant.ts';
import type { KindOfTarget } from './kinds-of-target.ts';
import { isIn, on, type Story, upn } from './provisioning-story.ts';

export function created(): Story {
  const ada = user('created');
  const team = group('created team', [ada.id]);
  const job = { id: randomUUID(), appId: randomUUID(), displayName: 'created job' };
  return {
    name: 'a user, a group and a service principal are created, with their object ids',
    users: [ada],
    groups: [team],
    servicePrincipals: [job],
    first: kind => {
      expect(kind.account(upn('created'))).toMatchObject({
        externalId: ada.id,
        displayName: 'created',
        active: true,
      });
      expect(kind.account(job.appId)).toMatchObject({ externalId: job.id, active: true });
      expect(kind.group('created team')).toMatchObject({ externalId: team.id });
      expect(isIn(kind, 'created team', upn('created'))).toBe(true);
    },
  };
}

export function renamed(): Story {
  const ada = user('renamed');
  const team = group('old name', [ada.id]);
  const ids = new Map<string, (string | undefined)[]>();
  const idsIn = (kind: KindOfTarget, name: string) => [
    kind.account(upn('renamed'))?.id,
    kind.group(name)?.id,
  ];
  return {
    name: 'a user and a group are renamed and stay who they are',
    users: [ada],
    groups: [team],
    first: kind => void ids.set(kind.name, idsIn(kind, 'old name')),
    steps: [
      {
        inEntra: directory => {
          directory.update(ada.id, { displayName: 'Ada, renamed', givenName: 'Ada' });
          directory.update(team.id, { displayName: 'new name' });
        },
        holds: kind => {
          expect(kind.account(upn('renamed'))?.displayName).toBe('Ada, renamed');
          expect(kind.group('old name')).toBeUndefined();
          expect(idsIn(kind, 'new name')).toEqual(ids.get(kind.name));
        },
      },
    ],
  };
}

export function joinedAndLeft(): Story {
  const [ada, bob] = [user('joins'), user('stays')];
  const team = group('joined', [bob.id]);
  return {
    name: 'somebody joins a group, and leaves it',
    users: [ada, bob],
    groups: [team],
    first: kind => expect(isIn(kind, 'joined', upn('joins'))).toBe(false),
    steps: [
      {
        inEntra: directory => directory.addMember(team.id, ada.id),
        holds: kind => expect(isIn(kind, 'joined', upn('joins'))).toBe(true),
      },
      {
        inEntra: directory => directory.removeMember(team.id, ada.id),
        holds: kind => {
          expect(isIn(kind, 'joined', upn('joins'))).toBe(false);
          expect(isIn(kind, 'joined', upn('stays'))).toBe(true);
          expect(on(kind, upn('joins'))).toBe(true);
        },
      },
    ],
  };
}

export function disabledAndEnabled(): Story {
  const ada = user('switched');
  return {
    name: 'somebody is disabled and enabled again',
    users: [ada],
    first: kind => expect(on(kind, upn('switched'))).toBe(true),
    steps: [
      {
        inEntra: directory => directory.update(ada.id, { accountEnabled: false }),
        holds: kind => expect(on(kind, upn('switched'))).toBe(false),
      },
      {
        inEntra: directory => directory.update(ada.id, { accountEnabled: true }),
        holds: kind => expect(on(kind, upn('switched'))).toBe(true),
      },
    ],
  };
}

export function unassignedAndAssigned(): Story {
  const ada = user('unassigned');
  return {
    name: 'an assignment ends, and begins again',
    users: [ada],
    first: kind => expect(on(kind, upn('unassigned'))).toBe(true),
    steps: [
      {
        inEntra: directory => {
          for (const { id } of directory.truth.assignmentsOf(ada.id)) directory.unassign(id);
        },
        holds: kind => expect(on(kind, upn('unassigned'))).toBe(false),
      },
      {
        inEntra: directory => void directory.assign({ principalId: ada.id, resourceId: APPLICATION }),
        holds: kind => expect(on(kind, upn('unassigned'))).toBe(true),
      },
    ],
  };
}

export function deletedAndRestored(): Story {
  const ada = user('deleted');
  const team = group('deleted from', [ada.id]);
  return {
    name: 'somebody is deleted in Entra ID, and restored',
    users: [ada],
    groups: [team],
    first: kind => expect(isIn(kind, 'deleted from', upn('deleted'))).toBe(true),
    steps: [
      {
        inEntra: directory => directory.delete(ada.id),
        holds: kind => {
          expect(on(kind, upn('deleted'))).toBe(false);
          expect(isIn(kind, 'deleted from', upn('deleted'))).toBe(false);
        },
      },
      {
        inEntra: directory => void directory.restore(ada.id),
        holds: kind => {
          expect(on(kind, upn('deleted'))).toBe(true);
          expect(isIn(kind, 'deleted from', upn('deleted'))).toBe(true);
        },
      },
    ],
  };
}

export function takenNameIsOurs(): Story {
  const ada = user('conflict');
  const planted = new Map<string, string>();
  return {
    name: 'a create that meets its own object id under its own name, 409, takes that over',
    users: [ada],
    assigned: [],
    first: kind => {
      expect(kind.account(upn('conflict'))).toBeUndefined();
      const made = { userName: upn('conflict'), displayName: 'by another hand', externalId: ada.id };
      planted.set(kind.name, kind.plantUser(made));
    },
    steps: [
      {
        inEntra: directory => void directory.assign({ principalId: ada.id, resourceId: APPLICATION }),
        holds: kind =>
          expect(kind.account(upn('conflict'))).toMatchObject({
            id: planted.get(kind.name),
            displayName: 'conflict',
            active: true,
          }),
      },
      {
        inEntra: directory => directory.update(ada.id, { accountEnabled: false }),
        holds: kind => expect(on(kind, upn('conflict'))).toBe(false),
      },
    ],
  };
}

export function foundOnTheFirstPass(): Story {
  const ada = user('found');
  const planted = new Map<string, string>();
  return {
    name: 'an account that was there before, with our object id, is ours from the first pass on',
    users: [ada],
    before: kind => {
      const made = { userName: upn('found'), displayName: 'before us', externalId: ada.id };
      planted.set(kind.name, kind.plantUser(made));
    },
    first: kind =>
      expect(kind.account(upn('found'))).toMatchObject({
        id: planted.get(kind.name),
        displayName: 'found',
      }),
  };
}

export function servicePrincipalLeaves(): Story {
  const job = { id: randomUUID(), appId: randomUUID(), displayName: 'job' };
  const team = group('of jobs', [job.id]);
  return {
    name: 'a service principal is switched off with its identity, and deleted with it',
    servicePrincipals: [job],
    groups: [team],
    first: kind => expect(isIn(kind, 'of jobs', job.appId)).toBe(true),
    steps: [
      {
        inEntra: directory => directory.update(job.id, { accountEnabled: false }),
        holds: kind => expect(on(kind, job.appId)).toBe(false),
      },
      {
        inEntra: directory => directory.delete(job.id),
        holds: kind => {
          expect(on(kind, job.appId)).toBe(false);
          expect(isIn(kind, 'of jobs', job.appId)).toBe(false);
        },
      },
    ],
  };
}
