import { expect, test } from 'vitest';
import { KEY_VAULT_RESOURCE, type LocalKeyVault, startKeyVault } from '../../src/local/key-vault.ts';
import { keptData } from '../harness/kept-data.ts';
import { sendMessages } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const CLIENT = '0d7f3d3a-5c2e-4f0e-9a41-3c1d1e6b7a90';
const CLIENT_SECRET = 'dose5d0c7e1f9b3a4c8e6f2d1b0a';
const WORKSPACE_TOKEN = 'dapi-of-the-workspace-in-the-vault';
const tokens = new Set<string>();

test('no log holds a secret, a token or a name, and nothing that is stored or queued a secret, whatever goes wrong', async () => {
  let vault: LocalKeyVault | undefined;
  const people = ['zaphod', 'trillian', 'slartibartfast'].map(alias =>
    user(alias, { displayName: `${alias} beeblebrox`, givenName: `${alias}son`, surname: 'magrathea' }),
  );
  const [zaphod, trillian, slarti] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]];
  const team = group(
    'heart of gold',
    people.map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({ users: people, groups: [team], assigned: [team.id] }),
    limits: 'off',
    // As far as an administrator may go: `verbose` makes the Service Bus SDK itself print its connection string.
    settings: { AZURE_LOG_LEVEL: 'info', WORKSPACE_CLIENT_SECRET: CLIENT_SECRET },
    // One target for each way to sign in with a secret.
    prepare: async ({ cloud }) => {
      recordTokens(cloud);
      vault = await startKeyVault({
        acceptToken: token => cloud.identity.accepts(KEY_VAULT_RESOURCE, token),
      });
      vault.set('workspace-token', WORKSPACE_TOKEN);
      cloud.databricks.oauthClients.set(CLIENT, { secrets: [CLIENT_SECRET], admin: true });
      await cloud.databricks.addWorkspace();
      (await cloud.databricks.addWorkspace()).tokens.push(WORKSPACE_TOKEN);
    },
    config: ({ databricks }) => {
      const [first, second] = [...databricks.workspaces.values()].map(workspace => ({
        kind: 'workspace',
        workspaceUrl: workspace.url,
        workspaceId: workspace.id,
      }));
      const oauth = { method: 'oauth', clientId: CLIENT, setting: 'WORKSPACE_CLIENT_SECRET' };
      const token = { method: 'token', keyVaultSecret: vault?.secretUrl('workspace-token') };
      return {
        targets: [
          { accountId: databricks.accountId },
          { ...first, signIn: oauth },
          { ...second, signIn: token },
        ],
      };
    },
  });
  await using _ = { [Symbol.asyncDispose]: () => vault?.close() ?? Promise.resolve() };
  const { directory, databricks } = world.cloud;
  await world.initialCycle();

  // Errors of every party, each of which quotes what it was sent.
  const quoting = `zaphod@contoso.com (zaphod beeblebrox) ${world.settings.DATABRICKS_SCIM_TOKEN}`;
  const platform = { error_code: 'INVALID', message: quoting };
  databricks.faults = [
    { method: 'PATCH', status: 500, body: platform, times: 1 },
    { method: 'PATCH', status: 429, body: platform, times: 1 },
    { method: 'PATCH', status: 200, body: `<html>${quoting}</html>`, contentType: 'text/html', times: 1 },
    { method: 'PATCH', reset: true, times: 1 },
    { method: 'PATCH', status: 400, body: platform, times: 1 },
    { method: 'PATCH', status: 401, body: platform, times: 1 },
  ];
  for (const status of [500, 429, 403, 400, 0]) {
    directory.faults.fail.push({ path: /\/users\//, status, code: 'Oops', message: quoting, times: 1 });
  }
  directory.faults.fail.push({ path: /delta/, status: 500, message: quoting, times: 4 });
  world.storage.rules.push(
    { path: /ProvisioningLinks/, method: 'PUT', times: 2, action: { kind: 'fail', status: 500 } },
    { path: /memberships/, times: 2, action: { kind: 'drop' } },
  );
  directory.store.update(zaphod.id, { displayName: 'zaphod prefect' });
  directory.store.update(trillian.id, { displayName: 'trillian prefect' });
  directory.store.update(slarti.id, { accountEnabled: false });
  directory.store.update(team.id, { displayName: 'heart of silver' });
  await world.idle(120_000);

  const underWay = await keptData(world);

  // Bodies that are refused: of a message, of a notification, and one that is not from Graph.
  await sendMessages(world, [
    { body: { obligation: { type: 'look', principal: quoting } }, messageId: 'm1' },
    { body: quoting, messageId: 'm2' },
  ]);
  const notify = (body: string): Promise<number> =>
    fetch(world.settings.NOTIFICATION_URL ?? '', { method: 'POST', body }).then(({ status }) => status);
  expect(await notify(quoting)).toBe(400);
  const stranger = {
    subscriptionId: 'x',
    clientState: 'guessed-secret',
    resource: `users/${zaphod.id}`,
    changeType: 'updated',
  };
  expect(await notify(JSON.stringify({ value: [stranger] }))).toBe(202);
  databricks.faults = [];
  directory.faults.fail = [];
  world.storage.rules.splice(0);
  await world.idle(180_000);
  await world.fire('reconcile');
  await world.drained({ withinMs: 3_600_000 });
  expect(databricks.store.user('zaphod@contoso.com')?.displayName).toBe('zaphod prefect');

  const deadLetters = await world.deadLetters();
  expect(deadLetters.map(({ deadLetterReason }) => deadLetterReason)).toContain('InvalidMessage');
  const described = deadLetters.map(
    letter => `${letter.deadLetterReason} ${letter.deadLetterErrorDescription}`,
  );
  const lines = [...world.logs, ...described];
  const log = lines.join('\n');
  for (const event of ['retry', 'target-quarantined', 'azure:']) {
    expect(
      lines.some(line => line.includes(event)),
      `${event} was logged`,
    ).toBe(true);
  }
  // All three ways to sign in were used, so that there was something to keep quiet about.
  for (const { store } of [databricks, ...databricks.workspaces.values()])
    expect(store.user('zaphod@contoso.com')?.displayName).toBe('zaphod prefect');
  // What we ourselves put on the queue above is ours to answer for.
  const kept = [...underWay, ...(await keptData(world))].filter(
    ({ text }) => !/"messageId":"m[12]"/.test(text),
  );
  const places = kept.map(({ where }) => where.split(' ')[0]);
  expect([...new Set(places)]).toEqual(expect.arrayContaining(['table', 'blobs', 'queue', 'dead']));
  for (const [what, secret] of Object.entries(secretsOf(world))) {
    expect(secret.length, what).toBeGreaterThan(5);
    for (const form of formsOf(secret)) {
      expect(log.includes(form), `${what} in a log line`).toBe(false);
      const found = kept.filter(({ text }) => text.includes(form)).map(({ where }) => where);
      expect(found, `${what} is kept`).toEqual([]);
    }
  }
  // What is queued refers to people, and does not name them.
  for (const { where, text } of kept.filter(part => !part.where.startsWith('table')))
    expect(text, where).not.toMatch(/zaphod|trillian|slartibartfast|beeblebrox|magrathea|contoso/i);
  for (const name of [
    /zaphod/i,
    /trillian/i,
    /slartibartfast/i,
    /beeblebrox/i,
    /magrathea/i,
    /heart of/i,
    /contoso\.com/i,
  ]) {
    expect(lines.filter(line => name.test(line))).toEqual([]);
  }
});

/** Remembers every token that anybody presented. */
function recordTokens({ identity, databricks }: World['cloud']): void {
  const accepts = identity.accepts.bind(identity);
  identity.accepts = (resource, token) => {
    tokens.add(token);
    return accepts(resource, token);
  };
  const { oauth } = databricks.signIn;
  const holder = oauth.holder.bind(oauth);
  oauth.holder = (token, issuer) => {
    tokens.add(token);
    return holder(token, issuer);
  };
}

/** As it is, and as it travels. */
function formsOf(secret: string): Set<string> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '');
  return new Set([
    secret,
    encodeURIComponent(secret),
    base64(secret),
    base64(`${CLIENT}:${encodeURIComponent(secret)}`),
    JSON.stringify(secret).slice(1, -1),
  ]);
}

function secretsOf({ settings, cloud }: World): Record<string, string> {
  const part = (text: string | undefined, name: string): string =>
    new RegExp(`${name}=([^;]+)`).exec(text ?? '')?.[1] ?? '';
  expect(tokens.size).toBeGreaterThan(0);
  return {
    'the SCIM token': settings.DATABRICKS_SCIM_TOKEN ?? '',
    'the secret of the OAuth client': CLIENT_SECRET,
    'the token in Key Vault': WORKSPACE_TOKEN,
    'the operator token': cloud.operatorToken,
    'the client state': settings.NOTIFICATION_CLIENT_STATE ?? '',
    'a foreign client state': 'guessed-secret',
    'the identity header': settings.IDENTITY_HEADER ?? '',
    'the storage key': part(settings.AzureWebJobsStorage, 'AccountKey'),
    'the Service Bus key': part(settings.ServiceBusConnection, 'SharedAccessKey'),
    ...Object.fromEntries([...tokens].map((token, i) => [`identity token ${i}`, token])),
  };
}
