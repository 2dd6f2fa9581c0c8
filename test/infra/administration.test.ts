import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

// The scripts that administrators run, with an `az` that answers from a file and notes what it was asked. What Azure itself
// would say is not known here; that a second run changes nothing, and that a secret is never an argument, is.
const SCRIPTS = fileURLToPath(new URL('../../infra/scripts/', import.meta.url));
const GUID = '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10';
let folder: string;

/** Answers `answers`, by the first pattern that the command line matches, and takes what is posted into `held`. */
const AZ = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const folder = process.env.FAKE_AZ;
const args = process.argv.slice(2);
const line = args.join(' ');
appendFileSync(folder + '/asked', line.replaceAll('\\n', ' ') + '\\n');
const file = args[args.indexOf('--file') + 1];
if (args.includes('--file')) appendFileSync(folder + '/stored', readFileSync(file, 'utf8') + '\\n');
const held = () => existsSync(folder + '/asked') ? readFileSync(folder + '/asked', 'utf8') : '';
for (const [pattern, answer] of JSON.parse(readFileSync(folder + '/answers', 'utf8'))) {
  if (!new RegExp(pattern).test(line)) continue;
  if (answer === 'ROLES') {
    const granted = [...held().matchAll(/appRoleId":"([^"]+)"/g)].map(([, id]) => id);
    process.stdout.write(granted.join('\\n'));
  } else if (answer === 'REFUSED') process.exit(1);
  else process.stdout.write(answer);
  break;
}
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fake-az-'));
  writeFileSync(join(folder, 'az'), AZ);
  chmodSync(join(folder, 'az'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(
  script: string,
  args: readonly string[],
  answers: readonly (readonly [string, string])[],
): string {
  writeFileSync(join(folder, 'answers'), JSON.stringify(answers));
  const environment = { KEY_VAULT_NAME: 'kv', AZURE_RESOURCE_GROUP: 'rg', FUNCTION_APP_NAME: 'func' };
  return execFileSync(SCRIPTS + script, args, {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: `${folder}:${process.env.PATH ?? ''}`, FAKE_AZ: folder, ...environment },
  });
}

/** Requests that change something. */
function changes(): string[] {
  const lines = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  return lines.filter(line => /--method (post|patch|put|delete)|secret set/.test(line));
}

const graph: readonly (readonly [string, string])[] = [
  ['ad sp show .*--query id', 'graph-object'],
  ...[
    'User.Read.All',
    'GroupMember.Read.All',
    'Group.Read.All',
    'Application.Read.All',
    'Member.Read.Hidden',
  ].map(name => [`value=='${name}'`, `role-of-${name}`] as const),
  ['--method get', 'ROLES'],
];

test('permissions are granted once, and a second run changes nothing', () => {
  const first = run('grant-graph-permissions.sh', [GUID], graph);
  expect(first.match(/^granted/gm)).toHaveLength(4);
  expect(changes()).toHaveLength(4);
  expect(changes().every(line => line.includes(`"principalId":"${GUID}","resourceId":"graph-object"`))).toBe(
    true,
  );
  const second = run('grant-graph-permissions.sh', [GUID], graph);
  expect(second.match(/^there/gm)).toHaveLength(4);
  expect(changes()).toHaveLength(4);
  const hidden = run('grant-graph-permissions.sh', [GUID, '--hidden-membership'], graph);
  expect(hidden).toContain('granted   Member.Read.Hidden');
  expect(changes()).toHaveLength(5);
});

test('what is missing can be looked at without a change, and fails', () => {
  expect(() => run('grant-graph-permissions.sh', [GUID, '--show'], graph)).toThrow(
    expect.objectContaining({ status: 1, stdout: expect.stringContaining('MISSING   User.Read.All') }),
  );
  expect(changes()).toEqual([]);
});

test('the identity becomes an account admin once', () => {
  const found = ['filter=applicationId', '42'] as const;
  const first = run(
    'make-account-admin.sh',
    [GUID, GUID],
    [
      ['filter=applicationId', ''],
      ['--method post', '42'],
    ],
  );
  expect(first).toContain('granted   account_admin');
  expect(changes().map(line => /--method \w+/.exec(line)?.[0])).toEqual(['--method post', '--method patch']);
  expect(changes().every(line => line.includes('--resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'))).toBe(
    true,
  );
  const second = run('make-account-admin.sh', [GUID, GUID], [found, ['roles\\[\\]', 'account_admin\n']]);
  expect(second).toBe('there     account_admin\n');
  expect(changes()).toHaveLength(2);
});

test("the webhook's secret is made once, is random, and is never an argument", () => {
  run(
    'create-webhook-secret.sh',
    [],
    [
      ['secret list', ''],
      ['functionapp show', '/subscriptions/s/sites/func'],
    ],
  );
  const [secret = ''] = readFileSync(join(folder, 'stored'), 'utf8').split('\n');
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).not.toContain(secret);
  expect(changes().at(-1)).toContain(
    '/subscriptions/s/sites/func/config/configreferences/appsettings/refresh',
  );
  expect(run('create-webhook-secret.sh', [], [['secret list', 'notification-client-state\n']])).toContain(
    'is there',
  );
  expect(changes().filter(line => line.includes('secret set'))).toHaveLength(1);
});
