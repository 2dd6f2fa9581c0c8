import { expect, test } from 'vitest';
import { defaultConfig, parseProvisioningConfig } from '../../src/config/provisioning-config.ts';
import { operators } from '../../src/scope/filter.ts';
import { readPage } from './page.ts';

const page = readPage('docs/coming-from-the-entra-connector.md');

const ids = {
  tenantId: '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10',
  applicationObjectId: '5e0d2f6b-0c9a-4b7e-8f43-91c8f7d6a2b1',
  accountId: 'c7a4e1d8-3b52-49f6-a0de-6b8f2c5d7e94',
};
const { accountId, ...source } = ids;

/** The file with the ids, and the sections of a block of the page. */
function configOf(block: string) {
  const head = `{ "source": ${JSON.stringify(source)}, "targets": [${JSON.stringify({ accountId })}],`;
  return parseProvisioningConfig(block.trim().replace('{', head), 'the page');
}

/** The same with one rule, as somebody would try it. */
function refusalOf(rule: Readonly<Record<string, unknown>>): string {
  const rules = [{ target: 'userName', source: 'userPrincipalName' }, rule];
  try {
    configOf(JSON.stringify({ mappings: { users: rules } }));
    return 'taken';
  } catch (error) {
    return String(error);
  }
}

test.each(['mappings', 'filters', 'lifecycle'])('the %s of the page can be pasted', block => {
  const text = page.block(block);
  expect(text).not.toBe('');
  expect(configOf(text)).not.toEqual(defaultConfig(ids));
});

test.each(['workspace', 'federated'])('the targets of the block %s are taken as they stand', block => {
  const { targets } = JSON.parse(page.block(block)) as { targets: readonly { kind?: string }[] };
  const parsed = parseProvisioningConfig(JSON.stringify({ source, targets }), 'the page').targets;
  expect(parsed.map(({ place }) => place.kind)).toEqual(targets.map(({ kind = 'account' }) => kind));
});

test('both classic tables are in the mappings of the page, rule by rule', () => {
  const { mappings } = configOf(page.block('mappings'));
  const rules = [...mappings.users, ...mappings.groups].map(
    ({ target, source: from, expression }) => `\`${from ?? expression}\` \`${target}\``,
  );
  const listed = page
    .rows('Paste your mapping')
    .filter(([from, to, more]) => more === undefined && from !== '`members`' && to?.startsWith('`'))
    .map(([from, to]) => `${from} ${to}`);
  expect(listed.toSorted()).toEqual(rules.toSorted());
  expect(listed).toHaveLength(9);
});

test.each([
  ['another externalId', { target: 'externalId', source: 'mailNickname' }, /Automatic Identity Management/],
  ['id as a target', { target: 'id', source: 'objectId' }, /needs matching/],
  ['an extension as a target', { target: 'extensionAttribute1', source: 'objectId' }, /use it as a source/],
  ['an attribute that is not kept', { target: 'title', source: 'jobTitle' }, /keeps no such attribute/],
  [
    'a schema extension',
    { target: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', source: 'department' },
    /no schema extensions/,
  ],
  ['active of its own', { target: 'active', source: 'accountEnabled' }, /IsSoftDeleted/],
  [
    'entitlements',
    { target: 'entitlements', source: 'department', values: ['workspace-access'] },
    /workspaces/,
  ],
  [
    'roles as JSON',
    { target: 'displayName', expression: 'AppRoleAssignmentsComplex([appRoleAssignments])' },
    /roles/,
  ],
  [
    'SelectUniqueValue',
    { target: 'displayName', expression: 'SelectUniqueValue([mail], [mailNickname])' },
    /Directory/,
  ],
  ['a value of the moment', { target: 'displayName', expression: 'Now()' }, /onCreate/],
  ['the manager', { target: 'displayName', source: 'manager' }, /refers to other objects/],
])('%s is refused, as the page says', (_what, rule, reason) => {
  expect(refusalOf(rule)).toMatch(reason);
});

test.each([
  ['id for matching', { target: 'id', source: 'extensionAttribute1', matching: 1 }],
  ['an extension as a source', { target: 'displayName', source: 'extensionAttribute1' }],
  ['a value of the moment on create', { target: 'displayName', expression: 'Guid()', apply: 'onCreate' }],
  [
    'roles from app roles',
    { target: 'roles', source: 'appRoleAssignments', values: ['reader'], assert: true },
  ],
  [
    'a single role',
    { target: 'roles', expression: 'SingleAppRoleAssignment([appRoleAssignments])', values: ['reader'] },
  ],
])('%s is taken, as the page says', (_what, rule) => {
  expect(refusalOf(rule)).toBe('taken');
});

test('the page has every operator', () => {
  const listed = page
    .rows('Filters')
    .flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, operator]) => operator));
  expect(listed.toSorted()).toEqual([...operators].toSorted());
});

test('every event of the lifecycle is in the table of leavers, with the default that it names', () => {
  const { lifecycle } = defaultConfig(ids);
  const settings = page.rows('Leavers').map(([, , , setting = '']) => setting.replaceAll('`', ''));
  for (const event of Object.keys(lifecycle.users)) {
    expect(settings).toContain(`lifecycle.users.${event}`);
    expect(lifecycle.users[event as keyof typeof lifecycle.users]).toEqual({
      action: 'deactivate',
      graceMinutes: 0,
    });
  }
  for (const event of ['unassigned', 'deleted'] as const) {
    expect(settings).toContain(`lifecycle.groups.${event}`);
    expect(lifecycle.groups[event].action).toBe('removeMembers');
  }
});

test('keys that the page names exist', () => {
  const known = readPage('docs/configuration.md').text;
  const named = [
    ...page.text.matchAll(/`((?:scope|lifecycle|guard|protected|schedule|source|holds)\.[\w.]+)`/g),
  ];
  expect(named.length).toBeGreaterThan(20);
  for (const [, key = ''] of named) {
    const documented = key
      .replace(/^scope\.filters\.\w+$/, 'scope.filters.<kind>')
      .replace(/^lifecycle\.(users|servicePrincipals)\b/, 'lifecycle.<accounts>');
    expect(known, key).toContain(`| \`${documented}\` |`);
  }
});
