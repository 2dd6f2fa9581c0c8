import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configFingerprint } from '../../src/config/provisioning-config-fingerprint.ts';
import { readSettings } from '../../src/config/settings.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { ACCOUNT, APPLICATION, minimal, parse, SOMEBODY, TENANT } from './provisioning-config-files.ts';

const OTHER = 'ffffffff-0000-4000-8000-00000000000b';
const ENTRA = '"accountSignIn": { "method": "entra" }';
const assignment = (objectId: string, permission = 'USER'): string =>
  `{ "objectId": "${objectId}", "permission": "${permission}" }`;
const workspaces = (assignments: string, id = '4100'): string =>
  `"workspaces": [ { "workspaceId": "${id}", "assignments": [${assignments}] } ]`;

/** A file whose one target says more; that is in line 3. */
function file(target: string, more = ''): string {
  return minimal.replace(/"targets": .*/, `"targets": [{ ${target} }]${more === '' ? '' : `,\n  ${more}`}`);
}
const accountWith = (more: string, general = ''): string =>
  file(`"accountId": "${ACCOUNT}", ${more}`, general);

function refusals(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map(line => line.replace(/^ {2}provisioning\.config\.json:\d+:\d+ /, ''));
  }
  throw new Error('the file was taken');
}

test('workspaces are read with the ids in lower case, and nothing is asserted', () => {
  const text = accountWith(
    `${workspaces(`${assignment(SOMEBODY.toUpperCase())}, ${assignment(OTHER, 'ADMIN')}`)}, "signIn": { "method": "entra" }`,
    `"adminAllowList": ["${OTHER}"]`,
  );
  const assignments = new Map([
    [SOMEBODY, 'USER'],
    [OTHER, 'ADMIN'],
  ]);
  expect(parse(text).targets[0].workspaces).toEqual([{ workspaceId: '4100', assignments, assert: false }]);
});

describe('refused:', () => {
  const list = workspaces(assignment(SOMEBODY));
  test.each([
    [
      'workspaces beside a SCIM token alone',
      accountWith(`"signIn": { "method": "token", "setting": "T" }, ${list}`),
      'targets[0].accountSignIn is missing: workspaces need it beside a SCIM token, which opens the SCIM API and nothing else',
    ],
    [
      'workspaces by way of a workspace',
      accountWith(
        `"kind": "workspaceProxy", "workspaceUrl": "https://adb-7.1.azuredatabricks.net", "signIn": { "method": "entra" }, ${list}`,
      ),
      'targets[0].accountSignIn is missing: workspaces need it with kind "workspaceProxy": they are assigned at the account, and not by way of a workspace',
    ],
    [
      'workspaces of a workspace',
      file(`"kind": "workspace", "workspaceUrl": "https://adb-7.1.azuredatabricks.net", ${list}`),
      'targets[0].workspaces is a list of 1: it must be left out of a target of kind "workspace"',
    ],
    [
      'a token that opens nothing but SCIM',
      accountWith(`"accountSignIn": { "method": "token", "setting": "T" }`),
      'targets[0].accountSignIn.method is "token": it must be "entra" or "oauth": a SCIM token of the account opens its SCIM API and nothing else',
    ],
    [
      'the sign-in of a workspace, at the account',
      accountWith(`"accountSignIn": { "method": "entra", "workspaceResourceId": "x" }`),
      'targets[0].accountSignIn.workspaceResourceId is "x": it must be left out at an account',
    ],
    [
      'a client without its id',
      accountWith(`"accountSignIn": { "method": "oauth", "setting": "S" }`),
      'targets[0].accountSignIn.clientId is missing: the method "oauth" needs it',
    ],
    [
      'an ADMIN who is not on the allow-list',
      accountWith(`${ENTRA}, ${workspaces(assignment(SOMEBODY, 'ADMIN'))}`, `"adminAllowList": ["${OTHER}"]`),
      'targets[0].workspaces[0].assignments[0].permission is "ADMIN": only object ids in adminAllowList may become ADMIN, and this one is not in it',
    ],
    [
      'somebody twice in one workspace, in another case',
      accountWith(
        `${ENTRA}, ${workspaces(`${assignment(SOMEBODY)}, ${assignment(SOMEBODY.toUpperCase())}`)}`,
      ),
      `targets[0].workspaces[0].assignments[1].objectId is "${SOMEBODY.toUpperCase()}": it is assigned to this workspace already`,
    ],
    [
      'a workspace twice',
      accountWith(`${ENTRA}, ${list.replace(' ]', `, { "workspaceId": "4100", "assignments": [] } ]`)}`),
      'targets[0].workspaces[1].workspaceId is "4100": it stands here twice: one workspace, one list',
    ],
    [
      'a permission that is not one',
      accountWith(`${ENTRA}, ${workspaces(assignment(SOMEBODY, 'user'))}`),
      'targets[0].workspaces[0].assignments[0].permission is "user": it must be "USER" or "ADMIN"; did you mean "USER"?',
    ],
  ])('%s', (_danger, text, problem) => {
    expect(refusals(text)).toEqual([problem]);
  });

  test.each(['workspace-access', 'databricks-sql-access'])('workspace-consume together with %s', other => {
    const rule = `{ "target": "entitlements", "constant": "${other}", "values": ["${other}", "workspace-consume"] }`;
    const text = file(
      `"kind": "workspace", "workspaceUrl": "https://adb-7.1.azuredatabricks.net", "mappings": { "groups": [ { "target": "displayName", "source": "displayName" }, ${rule} ] }`,
    );
    expect(refusals(text).join()).toContain(`workspace-consume and ${other} exclude each other`);
  });
});

test('the fingerprint follows the assignments, and not their order', () => {
  const fingerprint = (text: string): string => {
    const config = parse(text);
    return configFingerprint(config, config.targets[0]);
  };
  const [one, two] = [assignment(SOMEBODY), assignment(OTHER)];
  const all = [
    minimal,
    accountWith(`${ENTRA}, ${workspaces(one)}`),
    accountWith(`${ENTRA}, ${workspaces(one, '4101')}`),
    accountWith(`${ENTRA}, ${workspaces(`${one}, ${two}`)}`),
    accountWith(`${ENTRA}, ${workspaces(one).replace('"assignments"', '"assert": true, "assignments"')}`),
  ];
  expect(new Set(all.map(fingerprint)).size).toBe(all.length);
  expect(fingerprint(accountWith(`${ENTRA}, ${workspaces(`${two}, ${one}`)}`))).toBe(
    fingerprint(all[3] ?? ''),
  );
  expect(fingerprint(accountWith(ENTRA))).toBe(fingerprint(minimal));
});

describe('with the settings', () => {
  const read = (target: string, env: Readonly<Record<string, string>>) => {
    const folder = mkdtempSync(join(tmpdir(), 'workspaces-'));
    try {
      const path = join(folder, 'provisioning.config.json');
      writeFileSync(path, accountWith(target));
      return readSettings({
        PROVISIONING_CONFIG_FILE: path,
        ENTRA_TENANT_ID: TENANT,
        ENTRA_APPLICATION_OBJECT_ID: APPLICATION,
        ServiceBusConnection__fullyQualifiedNamespace: 'ns.servicebus.windows.net',
        AzureWebJobsStorage__accountName: 'mystorage',
        ...env,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const list = workspaces(assignment(SOMEBODY));

  test('workspaces are refused beside the SCIM token of the app settings alone', () => {
    expect(() => read(list, { DATABRICKS_SCIM_TOKEN: 'dsapi' })).toThrow(
      'targets[0].accountSignIn of the provisioning configuration is missing: workspaces need it beside the SCIM token of the app setting DATABRICKS_SCIM_TOKEN',
    );
    expect(() => read(list, {})).not.toThrow();
    expect(() => read(`${ENTRA}, ${list}`, { DATABRICKS_SCIM_TOKEN: 'dsapi' })).not.toThrow();
  });

  test('a secret that accountSignIn names is asked for', () => {
    const oauth = `"accountSignIn": { "method": "oauth", "clientId": "c", "setting": "CLIENT_SECRET" }`;
    expect(() => read(oauth, {})).toThrow(
      'The app setting CLIENT_SECRET is missing. It should hold the client secret that targets[0].accountSignIn of the provisioning configuration names.',
    );
    expect(read(oauth, { CLIENT_SECRET: 'secret' }).secrets.get('CLIENT_SECRET')).toEqual(['secret']);
  });
});
