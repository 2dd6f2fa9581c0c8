import { expect, test } from 'vitest';
import { membershipDifference } from '../../src/planning/membership-plan.ts';
import { closed, opened } from '../../src/provisioning/record-changes.ts';
import type { MembershipRecord } from '../../src/state/memberships.ts';

const NOTHING = { add: {}, remove: {} };

function record(more: Partial<MembershipRecord>): MembershipRecord {
  return { members: {}, uncertain: [], kinds: {}, nested: [], removed: {}, grantSeen: {}, ...more };
}

test('a member whom an audit missed, and whom the target refused just now, is still to be added', () => {
  const before = record({ members: { ada: '1' }, uncertain: ['ada'] });
  const sent = { add: { ada: '1' }, remove: {} };
  const { record: after } = closed(before, opened(before, sent, 1), { sent, done: NOTHING });
  expect(membershipDifference({ ada: '1' }, after).add).toEqual({ ada: '1' });
});

test('a member whose last write is in doubt, and whom the target refused just now, is still to be added', () => {
  const intent = { add: { ada: '1' }, remove: {}, at: Date.now() - 120_000, epoch: 1 };
  const before = record({ members: { ada: '1' }, intent });
  const sent = { add: { ada: '1' }, remove: {} };
  const { record: after } = closed(before, opened(before, sent, 1), { sent, done: NOTHING });
  expect(membershipDifference({ ada: '1' }, after).add).toEqual({ ada: '1' });
});

test('a member who was added is in doubt no longer', () => {
  const before = record({ members: { ada: '1' }, uncertain: ['ada'] });
  const sent = { add: { ada: '1' }, remove: {} };
  const { record: after } = closed(before, opened(before, sent, 1), { sent, done: sent });
  expect(membershipDifference({ ada: '1' }, after)).toEqual({ ...NOTHING, replaced: {} });
});
