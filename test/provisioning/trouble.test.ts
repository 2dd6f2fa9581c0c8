import { expect, test } from 'vitest';
import { Conflict, Permanent, RetryLater, TargetUnavailable } from '../../src/identity/errors.ts';
import type { Trouble } from '../../src/planning/retry-schedule.ts';
import { WouldWait } from '../../src/provisioning/limiter.ts';
import { NotOwner } from '../../src/provisioning/ownership.ts';
import { SourceClosed } from '../../src/provisioning/source-quarantine.ts';
import { TargetClosed } from '../../src/provisioning/target-gate.ts';
import { troubleOf } from '../../src/provisioning/trouble.ts';
import { ScimError, ScimTransportError } from '../../src/scim/errors.ts';
import { VersionConflict } from '../../src/state/row-store.ts';

const request = { method: 'PATCH', path: 'Users/1' };
const answer = (status: number) => new ScimError({ ...request, status });
const broken = (kind: ScimTransportError['kind']) =>
  new ScimTransportError({ ...request, kind, mayHaveApplied: true });
const later = (cause?: unknown, afterMs?: number) =>
  new RetryLater('later', { cause, ...(afterMs !== undefined && { afterMs }) });

test.each<[string, unknown, Trouble]>([
  ['a lane that is full', new WouldWait('patch', 'grant'), { kind: 'no-room', rowClass: 'grant' }],
  ['a source that refuses us', new SourceClosed('closed'), { kind: 'source-closed' }],
  ['a target that takes revocations only', new TargetClosed('closed'), { kind: 'closed' }],
  ['somebody else’s target', new NotOwner('another'), { kind: 'not-owner' }],
  ['a target that refuses us', new TargetUnavailable('403'), { kind: 'unavailable' }],
  ['what no try can help', new Permanent('Code', 'text'), { kind: 'permanent', code: 'Code' }],
  ['429', later(answer(429), 7_000), { kind: 'throttled', afterMs: 7_000 }],
  ['503', later(answer(503)), { kind: 'interrupted' }],
  ['a connection that broke', later(broken('network')), { kind: 'interrupted' }],
  ['500', later(answer(500), 5), { kind: 'passing', afterMs: 5 }],
  ['a time-out, after which the write may still be applied', later(broken('timeout')), { kind: 'passing' }],
  ['an answer that is none', later(broken('protocol')), { kind: 'passing' }],
  ['reads that lag', later(), { kind: 'passing' }],
  ['what only looks like an answer', later({ status: 429, kind: 'network' }), { kind: 'passing' }],
  ['a race for a row of state', new VersionConflict('changed'), { kind: 'passing' }],
  // Their causes say what happened, and they themselves what follows.
  ['a failure that nobody named', new Error('x', { cause: answer(429) }), { kind: 'unforeseen' }],
  ['a conflict that nobody decided', new Conflict('x'), { kind: 'unforeseen' }],
  ['what is no error', 'x', { kind: 'unforeseen' }],
])('%s', (_, error, trouble) => {
  expect(troubleOf(error)).toEqual(trouble);
});
