import { expect, test } from 'vitest';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { OwnIdentity } from '../../src/provisioning/own-identity.ts';
import type { ScimUser } from '../../src/scim/resources.ts';

const send = <T>(work: () => Promise<T>): Promise<T> => work();
const shown = (id: string, userName: string): ScimUser => ({ id, userName }) as ScimUser;

test('it is told by the id that the workspace gives it, and by its name, without regard to case', async () => {
  let asked = 0;
  const own = new OwnIdentity({
    me: async () => {
      asked += 1;
      return shown('7', 'Pipeline@contoso.com');
    },
  });
  const is = (scimId: string | undefined, name: string) => own.is({ scimId, name }, {}, send);
  expect(await is('7', 'somebody')).toBe(true);
  expect(await is('8', ' pipeline@CONTOSO.com')).toBe(true);
  expect(await is('8', 'ada@contoso.com')).toBe(false);
  expect(await is(undefined, '')).toBe(false);
  expect(asked).toBe(1);
});

test('an account does not say; the client id of our credential does', async () => {
  const own = new OwnIdentity({ applicationId: 'AAAA-1111' });
  expect(await own.is({ scimId: '7', name: 'aaaa-1111' }, {}, send)).toBe(true);
  expect(await own.is({ scimId: '7', name: 'bbbb-2222' }, {}, send)).toBe(false);
});

test('nobody is taken for a stranger while the question goes unanswered', async () => {
  const answers = [
    () => Promise.reject(new RetryLater('503')),
    async () => shown('7', 'pipeline@contoso.com'),
  ];
  const own = new OwnIdentity({ me: () => answers.shift()?.() ?? Promise.resolve(undefined) });
  await expect(own.is({ scimId: '7', name: 'a' }, {}, send)).rejects.toThrow('503');
  expect(await own.is({ scimId: '7', name: 'a' }, {}, send)).toBe(true);
});

test.each([
  ['is not there', async () => undefined],
  ['is refused', () => Promise.reject(new Permanent('TargetRefused501', '501'))],
])('a target where the question %s protects nobody by it', async (_what, me) => {
  expect(await new OwnIdentity({ me }).is({ scimId: '7', name: 'a' }, {}, send)).toBe(false);
});
