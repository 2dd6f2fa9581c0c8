import { expect, test } from 'vitest';
import { summarizePlan } from '../../src/operations/plan.ts';
import { group, user } from '../harness/tenant.ts';
import { addWorkspace } from '../local/databricks/fixture.ts';
import { defaultPolicy } from '../provisioning/targets.ts';
import { useStorage } from '../state/storage.ts';
import { startAuditBench } from './audit-bench.ts';

const storage = useStorage();

test('a group called as one that every workspace has is left to its look, and nobody is asked to take that over', async () => {
  const ada = user('ada');
  const [admins, crew] = [group('Admins', [ada.id]), group('crew', [ada.id])];
  await using bench = await startAuditBench(storage, {
    users: [ada],
    groups: [admins, crew],
    assigned: [admins.id, crew.id],
  });
  const { workspace } = await addWorkspace(bench.account);
  const target = bench.target(workspace.scimUrl, { level: 'workspace' });
  const { items } = await bench.run(target);
  expect(items.map(({ action, principal: { id } }) => [action, id])).toEqual(
    expect.arrayContaining([
      ['protected-name', admins.id],
      ['create', crew.id],
    ]),
  );
  expect(await storage.state.holds.list(target.id)).toEqual([]);
  const rows = await storage.state.backlog.head(target.id, { dueBy: Date.now(), limit: 10 });
  expect(rows.map(({ value }) => value.principal.id).sort()).toEqual([ada.id, admins.id, crew.id].sort());
  expect((await storage.state.targets.read(target.id)).planOnly).toBe(false);
});

test('a group whose name the configuration protects is not taken over either, whatever the target holds under it', async () => {
  const owners = group('Prod-Owners');
  await using bench = await startAuditBench(storage, { groups: [owners], assigned: [owners.id] });
  bench.account.store.add({ type: 'Groups', displayName: 'prod-owners' });
  const policy = { ...defaultPolicy(), isProtectedGroupName: (name: string) => /^prod-/i.test(name) };
  const target = bench.target(bench.account.databricks.scimUrl, { policy });
  expect((await bench.plan(target)).items).toMatchObject([{ action: 'protected-name', detail: [] }]);
});

test('a workspace with identity federation is explained in a plan, and the other targets are shown all the same', async () => {
  const ada = user('ada');
  await using bench = await startAuditBench(storage, { users: [ada], assigned: [ada.id] });
  const { account } = bench;
  const { workspace } = await addWorkspace(account, { federated: true });
  const shared = account.store.add({ type: 'Groups', displayName: 'made elsewhere' });
  workspace.assignments.set(shared.id, 'USER');
  const federated = bench.target(workspace.scimUrl, { level: 'workspace' });
  const plain = bench.target(account.databricks.scimUrl);
  const gone = bench.target(account.databricks.scimUrl.replace(/accounts\/[^/]+/, 'accounts/another'));
  const targets = [federated, plain, gone];
  const plans = await summarizePlan({ ...bench, state: storage.state, targets });
  expect(plans).toMatchObject([
    { target: federated.id, notCompared: expect.stringContaining('identity federation') },
    { target: plain.id, counts: { create: 1 } },
    { target: gone.id, notCompared: expect.stringContaining('404') },
  ]);
  expect(plans[0]).not.toHaveProperty('items');
});

test('a source that cannot be read shows no plan of any target', async () => {
  const ada = user('ada');
  await using bench = await startAuditBench(storage, { users: [ada], assigned: [ada.id] });
  const target = bench.target(bench.account.databricks.scimUrl);
  await bench.pair.local.close();
  await expect(
    summarizePlan({ ...bench, state: storage.state, targets: [target] }),
  ).rejects.not.toBeUndefined();
});

test('an approval that nobody could ask a look for any more is acted on after the next comparison', async () => {
  const team = group('team');
  await using bench = await startAuditBench(storage, { groups: [team], assigned: [team.id] });
  const target = bench.target(bench.account.databricks.scimUrl);
  const { holds, backlog } = storage.state;
  // Nothing differs in this one: whoever looks at it looks because of the hold.
  const leaver = group('left long ago');
  const shrink = {
    kind: 'large-shrink',
    principal: { kind: 'group', id: leaver.id },
    ids: ['1'],
    cause: 'it shrank',
  } as const;
  await holds.hold(target.id, { ...shrink, ids: ['1'] }, 1);
  const looked = async () => {
    await bench.run(target);
    const rows = await backlog.head(target.id, { dueBy: Date.now(), limit: 10 });
    return rows.some(({ value: { principal } }) => principal.id === leaver.id);
  };
  expect(await looked()).toBe(false);
  const [row] = await holds.list(target.id);
  await holds.approve(target.id, row?.key ?? '', { at: 2, by: 'ada', needed: 1 });
  expect(await looked()).toBe(true);
});
