import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a resource with our external id under another name, or of our name with another external id, is not taken over', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const team = group('team', [eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [team], assigned: [ada.id, bob.id, team.id] }),
    limits: 'off',
    prepare: ({ cloud: { databricks } }) => {
      databricks.store.add({ type: 'Users', userName: 'mallory@contoso.com', externalId: ada.id });
      databricks.store.add({ type: 'Users', userName: 'bob@contoso.com', externalId: 'of-another-tool' });
      const planted = databricks.store.add({ type: 'Users', userName: 'planted@contoso.com' });
      databricks.store.add({
        type: 'Groups',
        displayName: 'elsewhere',
        externalId: team.id,
        members: [planted.id],
      });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const before = [...store.users, ...store.groups];
  await world.fire('reconcile');
  await world.until(
    'the target is indexed',
    async () => (await world.state.targets.read(world.target)).indexed,
  );
  await world.state.targets.update(world.target, state => ({ ...state, planOnly: false }));
  await world.fire('reconcile');
  await world.drained({ laterLooks: true });
  const holds = [
    `proposed-adoption group:${team.id}`,
    `proposed-adoption user:${ada.id}`,
    `refused-adoption user:${bob.id}`,
  ].sort();
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(holds);

  // Live looks decide no differently, and make no second resource of one external id.
  const live = writesFromNow(world);
  for (const { id } of [ada, bob]) directory.store.update(id, { displayName: 'renamed' });
  directory.store.update(team.id, { description: 'touched' });
  await world.drained({ laterLooks: true });
  expect(live.records().filter(({ status }) => status < 400)).toEqual([]);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(holds);
  for (const resource of before) expect(store.find(resource.id)).toEqual(resource);
  expect(memberNames(world, 'elsewhere')).toEqual(['planted@contoso.com']);
  expect(store.users.map(({ userName }) => userName).sort()).toEqual(
    ['bob@contoso.com', 'eve@contoso.com', 'mallory@contoso.com', 'planted@contoso.com'].sort(),
  );
  await expectConverged(world);
});

test('nor is a service principal: by another external id, as an administrator, or by the name of a user', async () => {
  const [theirs, admin, masked, own] = ['theirs', 'admin', 'masked', 'own'].map(displayName => ({
    id: randomUUID(),
    appId: randomUUID(),
    displayName,
  })) as [App, App, App, App];
  const elsewhere = { id: randomUUID(), appId: randomUUID(), displayName: 'elsewhere' };
  const apps = [theirs, admin, masked, own, elsewhere];
  await using world = await createWorld({
    seed: tenant({ servicePrincipals: apps, assigned: apps.map(({ id }) => id) }),
    limits: 'off',
    prepare: ({ cloud: { databricks } }) => {
      const plant = (app: App, more: { externalId?: string; roles?: string[] } = {}) =>
        databricks.store.add({ type: 'ServicePrincipals', applicationId: app.appId, ...more });
      plant(theirs, { externalId: 'of-another-tool' });
      plant(admin, { roles: ['account_admin'] });
      plant(own);
      plant({ ...elsewhere, appId: randomUUID() }, { externalId: elsewhere.id });
      // Names of users and of service principals are one set: this one can be refused, and not found.
      databricks.store.add({ type: 'Users', userName: masked.appId });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const before = [...store.servicePrincipals, ...store.users];
  await world.fire('reconcile');
  await world.until(
    'the target is indexed',
    async () => (await world.state.targets.read(world.target)).indexed,
  );
  await world.state.targets.update(world.target, state => ({ ...state, planOnly: false }));
  await world.fire('reconcile');
  await world.eventually('all are held', async () => (await openHolds(world)).length === 4);
  await world.drained({ laterLooks: true });
  const holds = [
    `name-in-use servicePrincipal:${masked.id}`,
    `proposed-adoption servicePrincipal:${elsewhere.id}`,
    `refused-adoption servicePrincipal:${admin.id}`,
    `refused-adoption servicePrincipal:${theirs.id}`,
  ].sort();
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(holds);

  // Whatever becomes of them in Entra ID.
  for (const { id } of [theirs, admin, masked, elsewhere])
    directory.store.update(id, { displayName: 'renamed', accountEnabled: false });
  await world.idle(125_000);
  for (const { id } of [theirs, admin, masked, elsewhere]) directory.store.delete(id);
  await world.idle(125_000);
  await expectConverged(world);
  for (const resource of before) {
    if (resource.applicationId !== own.appId) expect(store.find(resource.id)).toEqual(resource);
  }
  // Only the one that belonged to nobody is ours by its application id.
  expect(store.servicePrincipal(own.appId)).toMatchObject({ externalId: own.id, active: true });
  expect(store.servicePrincipals).toHaveLength(4);
});

type App = {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
};
