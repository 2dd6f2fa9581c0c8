import { describe, expect, test } from 'vitest';
import {
  type AssignmentFacts,
  decideAssignment,
  type KnownAssignment,
  oursOf,
} from '../../src/planning/workspace-assignment.ts';

type Permission = 'USER' | 'ADMIN' | undefined;

function decide(wanted: Permission, actual: Permission, more: Partial<AssignmentFacts> = {}): string {
  const facts = { wanted, actual, ours: new Set<'USER' | 'ADMIN'>(), replacedUser: false, assert: false };
  const step = decideAssignment({ ...facts, ...more });
  const takesAdmin = 'takesAdmin' in step && step.takesAdmin ? ' in the place of ADMIN' : '';
  return `${step.action}${step.action === 'assign' ? ` ${step.permission}` : ''}${takesAdmin}`;
}

const [user, admin] = [new Set(['USER'] as const), new Set(['ADMIN'] as const)];
const both = new Set(['USER', 'ADMIN'] as const);

describe('one step brings an assignment to what is wanted:', () => {
  test.each<[string, Permission, Permission, Partial<AssignmentFacts>, string]>([
    ['given where nothing is', 'USER', undefined, {}, 'assign USER'],
    ['left where it is there', 'USER', 'USER', {}, 'none'],
    ['left where it is there: ADMIN', 'ADMIN', 'ADMIN', {}, 'none'],
    ['raised', 'ADMIN', 'USER', {}, 'assign ADMIN'],
    ['given again when it is gone', 'ADMIN', undefined, { ours: admin }, 'assign ADMIN'],
    ['lowered when we had raised it', 'USER', 'ADMIN', { ours: admin }, 'assign USER in the place of ADMIN'],
    ['left as somebody else raised it', 'USER', 'ADMIN', { ours: user }, 'none'],
    [
      'lowered all the same by assertion',
      'USER',
      'ADMIN',
      { assert: true },
      'assign USER in the place of ADMIN',
    ],
    ['taken back when it is ours', undefined, 'USER', { ours: user }, 'remove'],
    [
      'taken back with care when it is ADMIN',
      undefined,
      'ADMIN',
      { ours: admin },
      'remove in the place of ADMIN',
    ],
    ['taken back although a replica does not show it', undefined, undefined, { ours: user }, 'remove'],
    ['with care as well', undefined, undefined, { ours: admin }, 'remove in the place of ADMIN'],
    ['left where nothing is and nothing was given', undefined, undefined, {}, 'none'],
    ['without care where ADMIN is known not to be there', undefined, 'USER', { ours: both }, 'remove'],
    [
      'and not lowered to what a replica does not show either',
      undefined,
      undefined,
      { ours: admin, replacedUser: true },
      'remove in the place of ADMIN',
    ],
    ['left to whoever gave it', undefined, 'USER', {}, 'none'],
    ['left to whoever raised it', undefined, 'ADMIN', { ours: user }, 'none'],
    ['left to whoever raised it, assertive or not', undefined, 'ADMIN', { ours: user, assert: true }, 'none'],
    [
      'lowered to what was there before us',
      undefined,
      'ADMIN',
      { ours: admin, replacedUser: true },
      'assign USER in the place of ADMIN',
    ],
  ])('%s', (_what, wanted, actual, more, step) => {
    expect(decide(wanted, actual, more)).toBe(step);
  });
});

test('ours is what we gave or may have given, and not what was there before us', () => {
  const known: KnownAssignment = { scimId: '1', ours: true, permission: 'USER' };
  expect(oursOf(undefined)).toEqual(new Set());
  expect(oursOf(known)).toEqual(user);
  expect(oursOf({ ...known, ours: false })).toEqual(new Set());
  expect(oursOf({ ...known, intent: { permission: 'ADMIN' } })).toEqual(new Set(['USER', 'ADMIN']));
  expect(oursOf({ ...known, intent: {} })).toEqual(user);
  expect(oursOf({ ...known, intent: { permission: 'ADMIN' }, replacedUser: true })).toEqual(admin);
});
