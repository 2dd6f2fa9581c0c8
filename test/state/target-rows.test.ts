import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { State } from '../../src/state/state.ts';
import { storedData } from '../harness/kept-data.ts';
import { changeOf, useStorage } from './storage.ts';

const storage = useStorage();

/** Something of that target in every place where there can be something. */
async function fill(state: State, target: string): Promise<void> {
  const person = { kind: 'user', id: randomUUID() } as const;
  const link = { principal: person, status: 'linked', scimId: '7', name: 'ada', written: {} } as const;
  await state.links.add(target, link);
  await state.memberIndex.addMembers(
    target,
    'g',
    // More than fit into one transaction.
    Array.from({ length: 230 }, (_, i) => `u${i}`),
  );
  await state.memberIndex.addPending(target, 'g', [person.id]);
  await state.backlog.put(changeOf('user', person.id, { target }), 'revoke');
  await state.holds.hold(target, { kind: 'large-shrink', principal: person, ids: [], cause: 'c' }, 1);
  await state.targets.update(target, known => ({ ...known, indexed: true }));
  const failure = { code: 'X', message: 'm', attempts: 1, failedAt: 1, nextTryAt: 1, correlationId: 'c' };
  await state.targets.writeFailure(target, `user:${person.id}`, failure);
  const limits = { windows: [], total: 9, at: 1, limited: false };
  await state.removalLedger.admit(target, 'memberships', 1, limits);
  await state.graces.put(target, person, 1);
  await state.nesting.remember(target, 'above', ['below', 'another'], 1);
  await state.leases.acquire(target, 'somebody', 1);
  const { records } = state;
  await records.write(
    target,
    '7/a',
    await records.read(target, '7/a'),
    (await records.read(target, '7/a')).value,
  );
  await state.log.append({
    at: 1,
    target,
    action: 'a',
    detail: '',
    cause: 'poll',
    heardAt: 1,
    correlationId: 'c',
  });
}

test('all that is stored of a target goes, but for the log; of one whose name begins alike, nothing', async () => {
  const { state } = storage;
  const [target, alike] = ['account-1', 'account-12'];
  for (const each of [target, alike]) await fill(state, each);
  const before = await storedData(storage.connectionString);
  const removed = await state.targetRows.remove(target);
  expect(removed).toEqual({
    'provisioning-memberships': 1,
    ProvisioningLinks: 3,
    ProvisioningMembers: 231,
    ProvisioningBacklog: 1,
    ProvisioningHolds: 1,
    ProvisioningTargets: 4,
    ProvisioningNesting: 2,
    ProvisioningLeases: 1,
  });
  const after = (await storedData(storage.connectionString)).map(({ text }) => text);
  const gone = before.filter(({ text }) => !after.includes(text));
  const total = Object.values(removed).reduce((sum, number) => sum + number, 0);
  expect(gone).toHaveLength(total);
  const left = await storedData(storage.connectionString);
  const ofTarget = left.filter(({ text }) => text.includes(target) && !text.includes(alike));
  expect(ofTarget.map(({ where }) => where)).toEqual(['table ProvisioningLog']);
  expect(await state.targetRows.remove(target)).toEqual({});
});
