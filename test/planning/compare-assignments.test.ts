import { expect, test } from 'vitest';
import {
  compareAssignments,
  type WantedAssignments,
  withWorkspaces,
} from '../../src/planning/compare-assignments.ts';
import type { DesiredPicture, KnownLink, PlanItem } from '../../src/planning/picture.ts';
import type { KnownAssignment } from '../../src/planning/workspace-assignment.ts';
import { groupLink, userLink } from './picture.ts';

const resource = { create: {}, set: {}, match: {} };
const desired: DesiredPicture = {
  users: new Map([['u-ada', resource]]),
  servicePrincipals: new Map([['sp-job', resource]]),
  groups: new Map([['crew', { ...resource, members: new Map(), createdDateTime: null, hidden: false }]]),
};
const given = (scimId: string, permission: 'USER' | 'ADMIN' = 'USER'): KnownAssignment => ({
  scimId,
  permission,
  ours: true,
});

/** The workspace `w` wants `wanted` and shows `actual`. */
function found(
  wanted: Readonly<Record<string, 'USER' | 'ADMIN'>>,
  actual: Readonly<Record<string, 'USER' | 'ADMIN'>> | undefined,
  links: readonly KnownLink[],
) {
  const place: WantedAssignments = {
    workspaceId: 'w',
    assignments: new Map(Object.entries(wanted)),
    assert: false,
  };
  const shown = new Map(actual === undefined ? [] : [['w', new Map(Object.entries(actual))]]);
  const comparison = compareAssignments([place], shown, links, desired);
  const items = comparison.items.map(
    ({ principal: { kind, id }, action, rowClass, detail }) =>
      `${action} ${kind}:${id} ${detail.join()} (${rowClass})`,
  );
  return { ...comparison, items, foreign: comparison.foreign.map(({ principalId }) => principalId) };
}

test('what is missing is given, to the linked and to those who will be', () => {
  const links = [groupLink('crew', 's-crew', 'crew')];
  expect(found({ crew: 'ADMIN', 'u-ada': 'USER' }, { 's-crew': 'USER' }, links).items).toEqual([
    'assign-workspace group:crew w ADMIN (bulk)',
    'assign-workspace user:u-ada w USER (bulk)',
  ]);
});

test('a service principal is given what it is named for, like everybody else', () => {
  expect(found({ 'sp-job': 'ADMIN' }, {}, []).items).toEqual([
    'assign-workspace servicePrincipal:sp-job w ADMIN (bulk)',
  ]);
});

test('what is as wanted is no difference, whoever gave it', () => {
  const links = [groupLink('crew', 's-crew', 'crew'), userLink('ada', { workspaces: { w: given('s-ada') } })];
  const { items, foreign } = found(
    { crew: 'USER', 'u-ada': 'USER' },
    { 's-crew': 'USER', 's-ada': 'USER' },
    links,
  );
  expect([items, foreign]).toEqual([[], []]);
});

test('more than is wanted is left to whoever gave it, and reported', () => {
  const given = found({ crew: 'USER' }, { 's-crew': 'ADMIN' }, [groupLink('crew', 's-crew', 'crew')]);
  expect([given.items, given.foreign]).toEqual([[], ['s-crew']]);
});

test('what we raised and is not wanted any more is lowered', () => {
  const raised = { workspaces: { w: given('s-crew', 'ADMIN') } };
  const { items, foreign } = found({ crew: 'USER' }, { 's-crew': 'ADMIN' }, [
    groupLink('crew', 's-crew', 'crew', raised),
  ]);
  expect([items, foreign]).toEqual([['assign-workspace group:crew w USER (bulk)'], []]);
});

test('whose resource was taken away has nothing to be taken back', () => {
  const gone = groupLink('crew', 's-crew', 'crew', {
    status: 'gone',
    workspaces: { w: given('s-crew') },
  });
  const { items, revisit } = found({}, { 's-crew': 'USER' }, [gone]);
  expect([items, revisit]).toEqual([[], []]);
});

test('nobody is assigned who is not provisioned, has left, or is off', () => {
  const links = [groupLink('left', 's-left', 'left'), userLink('ada', { written: { active: false } })];
  const { items, unprovisioned } = found({ nobody: 'USER', left: 'USER', 'u-ada': 'USER' }, {}, links);
  expect(items).toEqual([]);
  expect(unprovisioned).toEqual([{ workspaceId: 'w', objectId: 'nobody' }]);
});

test('what we gave and is not wanted any more is taken back first, and what others gave is reported', () => {
  const links = [
    groupLink('crew', 's-crew', 'crew', { workspaces: { w: given('s-crew'), gone: given('s-crew') } }),
    userLink('ada', { workspaces: { w: given('s-ada') } }),
  ];
  const { items, revisit, foreign } = found(
    {},
    { 's-crew': 'USER', 's-ada': 'ADMIN', stranger: 'USER' },
    links,
  );
  expect(items).toEqual([
    'unassign-workspace group:crew w USER (revoke)',
    'unassign-workspace group:crew gone USER (revoke)',
  ]);
  // Ada was made ADMIN by somebody else: our record is all that goes.
  expect(revisit).toEqual([{ kind: 'user', id: 'u-ada' }]);
  expect(foreign).toEqual(['s-ada', 'stranger']);
});

test('what we were about to give is taken back, as far as anybody knows what it was', () => {
  const about = groupLink('crew', 's-crew', 'crew', {
    workspaces: { w: { scimId: 's-crew', ours: true, intent: { permission: 'ADMIN' } } },
  });
  expect(found({}, {}, [about]).items).toEqual(['unassign-workspace group:crew w (revoke)']);
});

test('of a workspace that could not be read, our own record is compared', () => {
  const links = [groupLink('crew', 's-crew', 'crew', { workspaces: { w: given('s-crew') } })];
  expect(found({ crew: 'USER' }, undefined, links).items).toEqual([]);
  expect(found({ crew: 'ADMIN' }, undefined, links).items).toHaveLength(1);
});

test('a new resource of the same principal starts anew', () => {
  const links = [groupLink('crew', 's-new', 'crew', { workspaces: { w: given('s-old') } })];
  const anew = ['assign-workspace group:crew w USER (bulk)'];
  expect(found({ crew: 'USER' }, {}, links).items).toEqual(anew);
  expect(found({ crew: 'USER' }, undefined, links).items).toEqual(anew);
});

test('what goes with an account are its own workspaces and those of the groups that hold it', () => {
  const links = [
    groupLink('outer', 's-outer', 'outer', {
      members: { inner: 's-inner', 'nobody-of-ours': 's-nobody' },
      workspaces: { w2: given('s-outer') },
    }),
    // A circle, as Databricks may show it for a moment.
    groupLink('inner', 's-inner', 'inner', {
      members: { 'u-ada': 's-ada', outer: 's-outer' },
      workspaces: { w1: given('s-inner') },
    }),
    userLink('ada', { workspaces: { w3: given('s-ada'), refused: { scimId: 's-ada', ours: false } } }),
    userLink('bob'),
  ];
  const leaving = (link: string, action: PlanItem['action']): PlanItem => {
    const [kind = '', id = ''] = link.split(':');
    return { principal: { kind: kind as 'user', id }, action, rowClass: 'revoke', detail: [] };
  };
  const named = (items: readonly PlanItem[]) =>
    withWorkspaces(items, links, desired).map(({ workspaces }) => workspaces);
  expect(
    named([
      leaving('user:u-ada', 'deactivate'),
      leaving('user:u-bob', 'deactivate'),
      leaving('group:outer', 'members'),
      leaving('group:inner', 'missing-in-target'),
      leaving('user:u-ada', 'switched-off-in-target'),
    ]),
  ).toEqual([['w1', 'w2', 'w3'], undefined, ['w1', 'w2'], ['w1', 'w2'], ['w1', 'w2', 'w3']]);
  // Nothing is taken away by these.
  const others = [leaving('user:u-ada', 'update'), leaving('group:crew', 'members')];
  expect(withWorkspaces(others, links, desired)).toStrictEqual(others);
});
