import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { membershipDifference } from '../../src/planning/membership-plan.ts';
import { closed, dueGrants, opened } from '../../src/provisioning/record-changes.ts';
import type { MembershipRecord } from '../../src/state/memberships.ts';

const NOTHING = { add: {}, remove: {} };
const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function record(more: Partial<MembershipRecord>): MembershipRecord {
  return { members: {}, uncertain: [], kinds: {}, nested: [], removed: {}, grantSeen: {}, ...more };
}

type Patch = Parameters<typeof opened>[1];

/** The record after a PATCH of `sent`, of which the target did `done`. */
function patched(before: MembershipRecord, sent: Patch, done = sent) {
  return closed(before, opened(before, sent, 1), { sent, done });
}

describe('before a PATCH', () => {
  test('what it names is in doubt from now on, in this term', () => {
    const before = record({ members: { ada: '1' } });
    const sent = { add: { bob: '2' }, remove: { ada: '1' } };
    expect(opened(before, sent, 7)).toEqual({ ...before, intent: { ...sent, at: NOW, epoch: 7 } });
  });

  test('what an older write named stays in doubt, unless this one says the opposite of it', () => {
    const intent = {
      add: { ada: '1', bob: '2' },
      remove: { cat: '3', dan: '4' },
      at: NOW - MINUTE,
      epoch: 6,
    };
    const { intent: after } = opened(
      record({ intent }),
      { add: { cat: '3', eve: '5' }, remove: { ada: '1', fay: '6' } },
      7,
    );
    expect(after).toEqual({
      add: { bob: '2', cat: '3', eve: '5' },
      remove: { dan: '4', ada: '1', fay: '6' },
      at: NOW,
      epoch: 7,
    });
  });
});

describe('after a PATCH that was answered', () => {
  test('members are those who were, less who was removed, and whoever was added', () => {
    const before = record({ members: { ada: '1', bob: '2' }, kinds: { bob: 'group' } });
    const { record: after, unsettled } = patched(before, { add: { cat: '3' }, remove: { ada: '1' } });
    expect(unsettled).toBe(false);
    expect(after).toEqual({
      ...before,
      members: { bob: '2', cat: '3' },
      intent: undefined,
      removed: { ada: NOW },
      lastWriteAt: NOW,
    });
  });

  test('an older write that may still arrive stays in doubt, as old as it is, for a minute after it was sent', () => {
    const answered = (age: number) => {
      const intent = { add: { ada: '1' }, remove: {}, at: NOW - age, epoch: 1 };
      return patched(record({ intent }), { add: { ada: '1', bob: '2' }, remove: {} });
    };
    const young = answered(MINUTE - 1);
    expect(young.unsettled).toBe(true);
    expect(young.record.intent).toEqual({
      add: { ada: '1', bob: '2' },
      remove: {},
      at: NOW - MINUTE + 1,
      epoch: 1,
    });
    const old = answered(MINUTE);
    expect(old.unsettled).toBe(false);
    expect(old.record.intent).toBeUndefined();
  });

  test.each<['add' | 'remove']>([['add'], ['remove']])(
    'what an older write was to %s, and this one did not, stays in doubt',
    side => {
      const intent = {
        ...NOTHING,
        [side]: { ada: '1', bob: '2' },
        at: NOW - 2 * MINUTE,
        epoch: 1,
      };
      const { record: after, unsettled } = patched(record({ intent }), { ...NOTHING, [side]: { bob: '2' } });
      expect(unsettled).toBe(false);
      expect(after.intent).toEqual({ ...NOTHING, [side]: { ada: '1' }, at: NOW - 2 * MINUTE, epoch: 1 });
    },
  );

  test('what an older write was to do on either side stays in doubt', () => {
    const doubts = { add: { ada: '1' }, remove: { bob: '2' }, at: NOW - 2 * MINUTE, epoch: 1 };
    const { record: after } = patched(record({ intent: doubts }), { add: { cat: '3' }, remove: {} });
    expect(after.intent).toEqual(doubts);
  });

  test('a member who was refused is no member, and one who was kept is one still', () => {
    const before = record({ members: { ada: '1' } });
    const { record: after } = patched(before, { add: { bob: '2' }, remove: { ada: '1' } }, NOTHING);
    expect(after).toEqual({ ...before, intent: undefined, lastWriteAt: NOW });
  });

  test('whoever was refused although he is taken for a member is in doubt, once', () => {
    const before = record({ members: { ada: '1', bob: '2' }, uncertain: ['ada', 'cat'] });
    const sent = { add: { ada: '1', bob: '2', dan: '4' }, remove: {} };
    const { record: after } = patched(before, sent, NOTHING);
    expect(after.uncertain.toSorted()).toEqual(['ada', 'bob', 'cat']);
    expect(Object.keys(membershipDifference({ ada: '1', bob: '2' }, after).add)).toEqual(['ada', 'bob']);
  });

  test('whoever was added or removed is in doubt no longer', () => {
    const before = record({ members: { ada: '1', bob: '2' }, uncertain: ['ada', 'bob', 'cat'] });
    const { record: after } = patched(before, { add: { ada: '1' }, remove: { bob: '2' } });
    expect(after.uncertain).toEqual(['cat']);
    expect(membershipDifference({ ada: '1' }, after)).toEqual({ ...NOTHING, replaced: {} });
  });

  test('a member whose last write is in doubt, and whom the target refused just now, is still to be added', () => {
    const intent = { add: { ada: '1' }, remove: {}, at: NOW - 2 * MINUTE, epoch: 1 };
    const before = record({ members: { ada: '1' }, intent });
    const { record: after } = patched(before, { add: { ada: '1' }, remove: {} }, NOTHING);
    expect(membershipDifference({ ada: '1' }, after).add).toEqual({ ada: '1' });
  });

  test('removals are remembered for five minutes', () => {
    const removed = { ada: NOW - 5 * MINUTE, bob: NOW - 5 * MINUTE + 1 };
    const before = record({ members: { cat: '3' }, removed });
    const { record: after } = patched(before, { add: {}, remove: { cat: '3' } });
    expect(after.removed).toEqual({ bob: removed.bob, cat: NOW });
  });

  test('whoever was added has no grant to be agreed to any more', () => {
    const before = record({ grantSeen: { ada: NOW - 1, bob: NOW - 2, cat: NOW - 3 } });
    const sent = { add: { ada: '1', bob: '2' }, remove: {} };
    const { record: after } = patched(before, sent, { add: { ada: '1' }, remove: {} });
    expect(after.grantSeen).toEqual({ bob: NOW - 2, cat: NOW - 3 });
  });
});

describe('a grant', () => {
  const add = { ada: '1' };
  const due = (more: Partial<MembershipRecord>) => dueGrants(record(more), add);

  test('that undoes nothing goes at once', () => {
    expect(due({})).toEqual({ add, seen: {} });
    expect(due({ removed: { bob: NOW } })).toEqual({ add, seen: {} });
    expect(due({ removed: { ada: NOW - 5 * MINUTE } })).toEqual({ add, seen: {} });
  });

  test('that undoes a removal of the last five minutes is noted, and waits', () => {
    expect(due({ removed: { ada: NOW - 5 * MINUTE + 1 } })).toEqual({ add: {}, seen: { ada: NOW } });
  });

  test('goes when a read ten seconds after the first one still wants it', () => {
    const removed = { ada: NOW - MINUTE };
    const [early, late] = [{ ada: NOW - 9_999 }, { ada: NOW - 10_000 }];
    expect(due({ removed, grantSeen: early })).toEqual({ add: {}, seen: early });
    expect(due({ removed, grantSeen: late })).toEqual({ add, seen: {} });
  });
});
