import { expect, test } from 'vitest';
import type { LocalCloud } from '../../src/local/cloud.ts';
import { expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { writes } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('asserted roles take administration from nobody, give it to the allowed alone, and our own identity stays on', async () => {
  const [ada, eve, bob] = [
    user('ada', { department: 'account_admin' }),
    user('eve', { department: 'account_admin' }),
    user('bob', { department: 'reader' }),
  ];
  const crew = group('crew', []);
  let own = '';
  await using world = await createWorld({
    seed: tenant({ users: [ada, eve, bob], groups: [crew], assigned: [ada.id, eve.id, bob.id, crew.id] }),
    limits: 'off',
    config: {
      adminAllowList: [ada.id],
      mappings: {
        users: [
          { target: 'userName', source: 'userPrincipalName' },
          { target: 'roles', source: 'department', values: ['account_admin', 'reader'], assert: true },
        ],
        servicePrincipals: [
          { target: 'displayName', source: 'displayName' },
          { target: 'roles', constant: 'reader', values: ['account_admin', 'reader'], assert: true },
        ],
        groups: [
          { target: 'displayName', source: 'displayName' },
          { target: 'roles', constant: 'reader', values: ['account_admin', 'reader'], assert: true },
        ],
      },
      lifecycle: {
        servicePrincipals: {
          unassigned: { action: 'delete' },
          softDeleted: { action: 'delete' },
          hardDeleted: { action: 'delete' },
        },
      },
    },
    prepare: async ({ cloud }) => {
      own = await ownObjectId(cloud);
      cloud.directory.store.addServicePrincipal({
        id: own,
        displayName: 'provisioning',
        servicePrincipalType: 'ManagedIdentity',
      });
      cloud.directory.store.assign({ principalId: own, resourceId: APPLICATION });
      cloud.directory.store.addMember(crew.id, own);
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const roles = (alias: string) => [...(store.user(`${alias}@contoso.com`)?.roles ?? [])].sort();
  const ourselves = () => store.servicePrincipals.find(({ externalId }) => externalId === own);
  expect([roles('ada'), roles('eve'), roles('bob')]).toEqual([['account_admin'], [], ['reader']]);

  // Another administrator makes administrators of bob, our own identity and a group: Entra ID knows nothing of it.
  const promoted = new Set(['account_admin', 'reader']);
  store.change('Users', store.user('bob@contoso.com')?.id ?? '', { roles: promoted });
  store.change('ServicePrincipals', ourselves()?.id ?? '', { roles: promoted });
  store.change('Groups', store.group('crew')?.id ?? '', { roles: promoted });
  for (const { id } of [ada, eve, bob]) directory.store.update(id, { department: null });
  await world.eventually('bob is no reader any more', () => !roles('bob').includes('reader'));
  await expectConverged(world);
  expect([roles('ada'), roles('eve'), roles('bob')]).toEqual([['account_admin'], [], ['account_admin']]);
  expect(store.group('crew')?.roles).toEqual(promoted);

  // Whatever becomes of our own identity in Entra ID.
  const gone = writesFromNow(world);
  directory.store.update(own, { accountEnabled: false });
  await world.idle(2 * 60_000);
  for (const { id } of directory.store.truth.assignmentsOf(own)) directory.store.unassign(id);
  directory.store.removeMember(crew.id, own);
  await world.idle(2 * 60_000);
  // For good: a managed identity is never in the recycle bin.
  directory.store.delete(own);
  await expectConverged(world);
  expect(ourselves()).toMatchObject({ active: true, roles: promoted });
  expect(world.logs.findLast(line => line.includes('audit-done'))).toContain('differences=0');
  // Only the member of a group that he was.
  expect(takingAway(gone.records()).map(({ path }) => path)).toEqual([`/Groups/${store.group('crew')?.id}`]);

  // An administrator who is dismissed is switched off, as everybody is, and keeps the role on paper.
  directory.store.update(ada.id, { accountEnabled: false });
  await world.eventually('ada is off', () => store.user('ada@contoso.com')?.active === false);
  expect(roles('ada')).toEqual(['account_admin']);
  // No request was about the role but the create that gave it.
  const about = writes(world).filter(({ body }) => JSON.stringify(body ?? '').includes('admin'));
  expect(about.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /Users']);
});

/** Of the identity that the workers sign in with: from a token, as they learn it. */
async function ownObjectId({ identity }: LocalCloud): Promise<string> {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = identity.env;
  const response = await fetch(`${IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=any`, {
    headers: { 'X-IDENTITY-HEADER': IDENTITY_HEADER },
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(claims) as { oid: string }).oid;
}
