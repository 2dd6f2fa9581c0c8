import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SeedServicePrincipal } from '../../src/local/directory/types.ts';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

interface Identity extends SeedServicePrincipal {
  readonly id: string;
  readonly appId: string;
}

function identity(displayName: string, more: Partial<SeedServicePrincipal> = {}): Identity {
  return { id: randomUUID(), appId: randomUUID(), displayName, ...more };
}

test('service principals and managed identities come by assignment and by group, keep the name that automations know, and leave as users do', async () => {
  const ada = user('ada');
  const [job, batch] = [identity('job'), identity('batch')];
  const managed = identity('managed', { servicePrincipalType: 'ManagedIdentity' });
  const [sleeper, nobody] = [identity('sleeper', { accountEnabled: false }), identity('nobody')];
  const nested = group('nested', [batch.id]);
  const team = group('team', [ada.id, managed.id, nested.id, sleeper.id]);
  const lone = group('lone', [job.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada],
      groups: [nested, team, lone],
      servicePrincipals: [job, batch, managed, sleeper, nobody],
      assigned: [team.id, job.id, lone.id],
    }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const at = ({ appId }: Identity) => store.servicePrincipal(appId);
  const isOn = (sp: Identity): boolean => at(sp)?.active === true;
  const isIn = (sp: Identity, name = 'team'): boolean =>
    store.group(name)?.members.has(at(sp)?.id ?? '') === true;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.servicePrincipals).toHaveLength(3);
  for (const sp of [job, batch, managed])
    expect(at(sp)).toMatchObject({
      applicationId: sp.appId,
      externalId: sp.id,
      displayName: sp.displayName,
      active: true,
    });
  expect([isIn(managed), isIn(batch), isIn(job, 'lone'), store.group('team')?.members.size]).toEqual([
    true,
    true,
    true,
    3,
  ]);

  // The name is written once: automations refer to it.
  const changes = writesFromNow(world);
  directory.store.update(job.id, { displayName: 'job, renamed' });
  await world.eventually(
    'the poll has seen it',
    () => directory.requests > 0 && world.logs.some(line => line.includes(`servicePrincipal:${job.id}`)),
  );
  await world.drained({ laterLooks: true });
  expect(changes.paths()).toEqual([]);
  expect(at(job)?.displayName).toBe('job');

  // Disabled, removed from the group that is nested, deleted for good (a managed identity has no recycle bin).
  directory.store.update(job.id, { accountEnabled: false });
  directory.store.removeMember(nested.id, batch.id);
  directory.store.delete(managed.id);
  directory.store.update(sleeper.id, { accountEnabled: true });
  await world.eventually('the three are off', () => [job, batch, managed].every(sp => !isOn(sp)));
  await world.eventually('two are out', () => !isIn(batch) && !isIn(managed));
  await world.eventually('the one that woke up is in', () => isOn(sleeper) && isIn(sleeper));
  await expectConverged(world);
  expect(isIn(job, 'lone')).toBe(true);
  expect(changes.paths().filter(path => path.startsWith('DELETE'))).toEqual([]);

  // Back, then into the recycle bin, and out of it again.
  const accounts = new Map([job, batch].map(sp => [sp, at(sp)?.id]));
  directory.store.update(job.id, { accountEnabled: true });
  directory.store.addMember(nested.id, batch.id);
  await world.eventually('both are back', () => isOn(job) && isOn(batch) && isIn(batch));
  await world.drained({ laterLooks: true });
  directory.store.delete(job.id);
  await world.eventually('off', () => !isOn(job) && !isIn(job, 'lone'));
  await world.drained({ laterLooks: true });
  directory.store.restore(job.id);
  await world.eventually('restored with its memberships', () => isOn(job) && isIn(job, 'lone'));
  for (const [sp, id] of accounts) expect(at(sp)?.id).toBe(id);

  // The assignment and its group end: nothing entitles it any more.
  for (const { id } of directory.store.truth.assignmentsOf(job.id)) directory.store.unassign(id);
  directory.store.removeMember(lone.id, job.id);
  await world.eventually('off again', () => !isOn(job));
  await world.drained({ laterLooks: true });
  directory.store.assign({ principalId: job.id, resourceId: APPLICATION });
  await world.eventually('on again', () => isOn(job));

  await expectConverged(world);
  expect(isIn(batch)).toBe(true);
  expect(at(nobody)).toBeUndefined();
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
