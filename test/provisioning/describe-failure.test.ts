import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classifyFailure, type Operation } from '../../src/databricks/failure.ts';
import { RetryLater } from '../../src/identity/errors.ts';
import { describeFailure } from '../../src/provisioning/describe-failure.ts';
import { ScimError } from '../../src/scim/errors.ts';

const operations: readonly Operation[] = ['create', 'patch', 'remove', 'get', 'list', 'delete', 'resolve'];

test('a dead letter names the request, the status and what the target said about it', () => {
  const detail =
    "Attribute 'emails.value' (ada@contoso.com) of user 'Ada Lovelace' exceeds the maximum length";
  const refused = new ScimError({
    method: 'PATCH',
    path: 'Users/42',
    status: 400,
    scimType: 'invalidValue',
    detail,
  });
  expect(describeFailure(classifyFailure(refused, { operation: 'patch' }))).toBe(
    'SCIM PATCH Users/42: 400 invalidValue (it said: Attribute emails.value … of user … exceeds the maximum length)',
  );
  const silent = new ScimError({ method: 'POST', path: 'Users', status: 400 });
  expect(describeFailure(classifyFailure(silent, { operation: 'create' }))).toBe('SCIM POST Users: 400');
});

test('whatever the target says, no address and no secret of it gets there', () => {
  const address = fc.emailAddress();
  const secret = fc.stringMatching(/^dapi[0-9a-f]{32}$/);
  fc.assert(
    fc.property(
      address,
      secret,
      fc.string({ maxLength: 40 }),
      fc.constantFrom(...operations),
      fc.integer({ min: 300, max: 599 }),
      (email, token, noise, operation, status) => {
        const detail = `User ${email} (${noise}) is not accepted with Bearer ${token}; password=${token}`;
        const error = new ScimError({ method: 'POST', path: 'Users', status, detail });
        const failure = classifyFailure(error, { operation });
        const told = failure === 'alreadyDone' ? '' : describeFailure(failure);
        expect(told).not.toContain(email);
        expect(told).not.toContain(token);
        expect(told).not.toContain('@');
      },
    ),
  );
});

test('what a library threw is quoted with as much care', () => {
  const text = describeFailure(new TypeError('cannot read ada@contoso.com of https://host/?sig=abcDEF123'));
  expect(text).toBe('TypeError: cannot read … of …');
  const nested = new RetryLater('the target is busy', {
    cause: new Error('x', { cause: new TypeError('y') }),
  });
  expect(describeFailure(nested)).toBe('the target is busy');
  expect(describeFailure('ada@contoso.com')).toBe('…');
});
