import { describe, expect, test } from 'vitest';
import { classifyFailure, type FailureContext, type Operation } from '../../src/databricks/failure.ts';
import { Conflict, Gone, Permanent, RetryLater, TargetUnavailable } from '../../src/identity/errors.ts';
import { ScimCredentialError, ScimError, ScimTransportError } from '../../src/scim/errors.ts';

const OPERATIONS: Operation[] = ['create', 'patch', 'remove', 'get', 'list', 'delete'];

function answer(status: number, rest: Partial<ConstructorParameters<typeof ScimError>[0]> = {}): ScimError {
  return new ScimError({ method: 'PATCH', path: 'Groups/3', status, ...rest });
}

/** The outcome for every operation, as a name. */
function outcomes(error: unknown, context: Partial<FailureContext> = {}): Record<Operation, string> {
  const named = OPERATIONS.map(operation => {
    const outcome = classifyFailure(error, { ...context, operation });
    return [operation, typeof outcome === 'string' ? outcome : outcome.name];
  });
  return Object.fromEntries(named) as Record<Operation, string>;
}

function everywhere(
  name: string,
  except: Partial<Record<Operation, string>> = {},
): Record<Operation, string> {
  return {
    ...(Object.fromEntries(OPERATIONS.map(operation => [operation, name])) as Record<Operation, string>),
    ...except,
  };
}

describe('by status alone', () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 599])('%i is worth another try', status => {
    expect(outcomes(answer(status))).toEqual(everywhere('RetryLater'));
  });
  test.each([301, 302, 307, 401, 403])('%i is trouble of the whole target', status => {
    expect(outcomes(answer(status))).toEqual(everywhere('TargetUnavailable'));
  });
  test.each([400, 405, 413, 415, 422, 501])('%i is refused for good', status => {
    expect(outcomes(answer(status))).toEqual(everywhere('Permanent'));
    expect(classifyFailure(answer(status), { operation: 'patch' })).toMatchObject({
      code: `TargetRefused${status}`,
    });
  });
  test('409 asks about adoption where a name is given, and is a lost race elsewhere', () => {
    expect(outcomes(answer(409))).toEqual(
      everywhere('RetryLater', { create: 'Conflict', patch: 'Conflict' }),
    );
  });
  test('404 is a missing resource where one was addressed, and a missing endpoint elsewhere', () => {
    const elsewhere = { create: 'TargetUnavailable', list: 'TargetUnavailable' };
    expect(outcomes(answer(404))).toEqual(everywhere('Gone', { ...elsewhere, delete: 'alreadyDone' }));
    expect(outcomes(answer(410))).toEqual(everywhere('Gone', { delete: 'alreadyDone' }));
  });
});

describe('a 404', () => {
  test('of an unknown endpoint is trouble of the whole target, whatever was addressed', () => {
    const error = answer(404, { detail: 'Endpoint not supported.' });
    expect(outcomes(error)).toEqual(everywhere('TargetUnavailable'));
  });
  test('that the SCIM service did not write proves nothing', () => {
    expect(outcomes(answer(404, { structured: false }))).toEqual(everywhere('RetryLater'));
  });
  test('that speaks of another id than the one addressed is about a member, not the group', () => {
    const detail = 'User with id 7 is not found';
    expect(classifyFailure(answer(404, { detail }), { operation: 'patch' })).toMatchObject({
      name: 'Permanent',
      code: 'TargetRefusedMember',
    });
    const lagging = classifyFailure(answer(404, { detail }), { operation: 'patch', recentlyWritten: true });
    expect(lagging).toBeInstanceOf(Permanent);
    const own = answer(404, { detail: 'Group with id 3 is not found' });
    expect(classifyFailure(own, { operation: 'patch' })).toBeInstanceOf(Gone);
  });
  test('soon after our own write is a lagging replica', () => {
    const lagging = outcomes(answer(404), { recentlyWritten: true });
    expect(lagging).toMatchObject({ get: 'RetryLater', patch: 'RetryLater', delete: 'alreadyDone' });
  });
});

describe('a 400', () => {
  const detail = 'No such attribute with the name : members in the current resource';
  test.each([
    ['in detail', { scimType: 'invalidPath', detail }],
    ['in scimType, where some back ends put it', { scimType: detail }],
  ])('for want of the attribute means that one member is already gone: %s', (_where, body) => {
    expect(outcomes(answer(400, body))).toEqual(everywhere('Permanent', { remove: 'alreadyDone' }));
  });
  test('for want of the attribute proves nothing about several removals', () => {
    const outcome = classifyFailure(answer(400, { detail }), { operation: 'remove', operations: 2 });
    expect(outcome).toBeInstanceOf(Permanent);
  });
  test('right after a group was taken out of another may be a cycle that is no more', () => {
    expect(outcomes(answer(400), { recentlyUnnested: true })).toEqual(
      everywhere('Permanent', { patch: 'RetryLater', remove: 'RetryLater' }),
    );
  });
});

test('a 409 that says ABORTED is a lost race, even of a create', () => {
  expect(classifyFailure(answer(409, { scimType: 'ABORTED' }), { operation: 'create' })).toBeInstanceOf(
    RetryLater,
  );
});

test('the wait that the target asked for is handed on', () => {
  const outcome = classifyFailure(answer(429, { retryAfterMs: 7_000 }), { operation: 'patch' });
  expect(outcome).toMatchObject({ name: 'RetryLater', afterMs: 7_000 });
});

test('no answer is worth another try', () => {
  const silence = { method: 'PATCH', path: 'Groups/3', mayHaveApplied: true };
  for (const kind of ['timeout', 'network', 'protocol'] as const) {
    expect(outcomes(new ScimTransportError({ kind, ...silence }))).toEqual(everywhere('RetryLater'));
  }
});

test('a token endpoint that refuses is trouble of the whole target, one that is busy is not', () => {
  const named = (status?: number): string => {
    const outcome = classifyFailure(new ScimCredentialError({ status }), {
      operation: 'get',
    });
    return typeof outcome === 'string' ? outcome : outcome.name;
  };
  expect([400, 401, 403].map(named)).toEqual(Array(3).fill('TargetUnavailable'));
  expect([undefined, 408, 429, 500, 503].map(named)).toEqual(Array(5).fill('RetryLater'));
});

test('whoever is woken reads who was refused, and what to check', () => {
  const text = (status: number): string => {
    const error = answer(status);
    error.signedBy = 'the Entra identity 4c2f';
    return String(classifyFailure(error, { operation: 'patch' }));
  };
  expect(text(401)).toMatch(
    /^TargetUnavailable: .* 401; not accepted: the Entra identity 4c2f\. Check .* exists .* expired/,
  );
  expect(text(403)).toMatch(
    /^TargetUnavailable: .* 403; not allowed: the Entra identity 4c2f\. Check .* admin .* IP access/,
  );
});

test('what is already decided stays as it is, and what nobody foresaw is tried again', () => {
  const decided = [
    new RetryLater('x'),
    new Permanent('X', 'x'),
    new Conflict('x'),
    new Gone('x'),
    new TargetUnavailable('x'),
  ];
  for (const error of decided) expect(classifyFailure(error, { operation: 'get' })).toBe(error);
  const bug = new TypeError('ada@contoso.com is not a function');
  expect(classifyFailure(bug, { operation: 'get' })).toMatchObject({ name: 'RetryLater', cause: bug });
  expect(String(classifyFailure(bug, { operation: 'get' }))).not.toContain('ada');
});

test('every outcome keeps its cause', () => {
  for (const status of [302, 400, 404, 409, 429]) {
    const error = answer(status);
    expect(classifyFailure(error, { operation: 'patch' })).toMatchObject({
      cause: error,
      message: error.message,
    });
  }
});
