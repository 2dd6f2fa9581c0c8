import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { jsonText } from '../../src/cli/text.ts';
import { GraphDirectory } from '../../src/directory/graph-directory.ts';
import type { LocalCloud } from '../../src/local/cloud.ts';
import { namesOf } from '../../src/operations/names.ts';
import type { Hold } from '../../src/state/holds.ts';
import type { State } from '../../src/state/state.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { useCloud } from './cloud.ts';

// Nobody can decide about object ids alone. Names come from the links, and of who has none from Entra ID.
const ada = user('ada');
/** Left Entra ID: only her link still says who she was. */
const { id: eve } = user('eve');
const unheardOf = randomUUID();
const team = group('Team', [ada.id]);
const nested = group('Nested');
const trap = group('\u001b[2J\u202etxt.exe "quoted"');
const many = users(21);
const robot = { id: randomUUID(), appId: randomUUID(), displayName: 'Robot' };
const bench = useCloud(
  tenant({
    users: [ada, ...many],
    groups: [team, nested, trap],
    servicePrincipals: [robot],
    assigned: [team.id],
  }),
);
const { ops } = bench;
let cloud: LocalCloud;
let state: State;
let target: string;
beforeAll(async () => {
  ({ cloud, state, target } = bench.opened());
  const linked = { status: 'linked', written: {} } as const;
  await state.links.add(target, {
    ...linked,
    principal: { kind: 'user', id: eve },
    scimId: '1',
    name: 'eve@contoso.com',
  });
  await state.links.add(target, {
    ...linked,
    principal: { kind: 'servicePrincipal', id: robot.id },
    scimId: '2',
    name: robot.appId,
    written: { displayName: 'Robot of old' },
  });
});
beforeEach(async () => {
  for (const { value } of await state.holds.list(target)) await state.holds.withdraw(target, value.principal);
  cloud.directory.faults.fail = [];
});

type Request = Pick<Hold, 'kind' | 'ids'>;
const hold = (principal: Hold['principal'], request: Request) =>
  state.holds.hold(target, { ...request, principal, cause: 'c' }, 1_000);

interface Listed {
  readonly principal: string;
  readonly names: Record<string, string>;
}

test('holds say who is held, and whom they touch, in text and in JSON', async () => {
  await hold({ kind: 'group', id: team.id }, { kind: 'large-shrink', ids: [eve, robot.id, unheardOf] });
  await hold({ kind: 'group', id: nested.id }, { kind: 'name-in-use', ids: [team.id] });
  await hold({ kind: 'user', id: ada.id }, { kind: 'proposed-adoption', ids: ['77'] });
  const { json, text } = await ops(['holds', 'list']);
  const names = Object.fromEntries((json as Listed[]).map(each => [each.principal, each.names]));
  expect(names).toEqual({
    [`group:${team.id}`]: { [team.id]: 'Team', [eve]: 'eve@contoso.com', [robot.id]: 'Robot of old' },
    [`group:${nested.id}`]: { [nested.id]: 'Nested', [team.id]: 'Team' },
    [`user:${ada.id}`]: { [ada.id]: 'ada@contoso.com' },
  });
  expect(text).toContain(`who         user:${ada.id} "ada@contoso.com"`);
  expect(text).toContain(`${eve} "eve@contoso.com"`);
  expect(text).toMatch(new RegExp(`touches .*${unheardOf}(,|$)`, 'm'));
  expect(text).not.toContain('names are missing');
});

test('a plan, and who fails, are told by name', async () => {
  expect((await ops(['plan'])).text).toContain(`create user:${ada.id} "ada@contoso.com"`);
  const failure = { code: 'TargetRefused400', message: 'm', attempts: 1, failedAt: 1, correlationId: 'c' };
  await state.targets.writeFailure(target, `servicePrincipal:${robot.id}`, { ...failure, nextTryAt: 1 });
  expect((await ops(['status'])).text).toContain(`servicePrincipal:${robot.id} "Robot of old"  Target`);
});

test('no name is needed: where Entra ID does not answer, what is held is listed all the same', async () => {
  await hold({ kind: 'group', id: team.id }, { kind: 'large-shrink', ids: [eve] });
  const forbidden = { path: /\/groups\//, status: 403, code: 'Authorization_RequestDenied', times: 100 };
  cloud.directory.faults.fail = [forbidden];
  const { json, text, isGood } = await ops(['holds', 'list']);
  expect(json).toMatchObject([{ principal: `group:${team.id}`, names: { [eve]: 'eve@contoso.com' } }]);
  expect(text).toContain(`who         group:${team.id}\n`);
  expect(text).toMatch(/^names are missing: .*403/m);
  expect(text).toContain('1 hold');
  expect(isGood).not.toBe(false);
});

test('nobody waits for names for long: what is known by then is what there is', async () => {
  const hung = Promise.withResolvers<void>();
  cloud.directory.faults.gate = () => hung.promise;
  const credential = {
    getToken: () =>
      Promise.resolve({ token: cloud.operatorToken, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const directory = new GraphDirectory({ baseUrl: cloud.directory.url, credential });
  const asked = [
    { target, id: eve, kinds: ['user'] as const },
    { target, id: ada.id, kinds: ['user'] as const },
  ];
  const { byId, trouble } = await namesOf({ state, directory }, asked, 1_000);
  cloud.directory.faults.gate = undefined;
  hung.resolve();
  expect([...byId]).toEqual([[eve, 'eve@contoso.com']]);
  expect(trouble).toContain('not read within 1000 ms');
});

test('a name can neither command the terminal nor look like something else', async () => {
  await hold({ kind: 'group', id: trap.id }, { kind: 'protected-name', ids: [] });
  const { text } = await ops(['holds', 'list']);
  expect(text).toContain(`group:${trap.id} "\\u001b[2J\\u202etxt.exe \\"quoted\\""`);
  const odd = ['a\u0085\u009b\u2028\u{e0001}z', 'Åsa O’Neil 部'];
  expect(jsonText(odd)).toBe('["a\\u0085\\u009b\\u2028\\udb40\\udc01z","Åsa O’Neil 部"]');
  expect(JSON.parse(jsonText(odd))).toEqual(odd);
});

test('names of many are asked for together', async () => {
  for (const { id } of many) await hold({ kind: 'user', id }, { kind: 'missing-values', ids: ['userName'] });
  const asked: string[] = [];
  cloud.directory.faults.gate = ({ method, path }) => void asked.push(`${method} ${path}`);
  const { text } = await ops(['holds', 'list']);
  cloud.directory.faults.gate = undefined;
  for (const { userPrincipalName } of many) expect(text).toContain(`"${userPrincipalName}"`);
  expect(asked.filter(request => request.startsWith('POST '))).toHaveLength(2);
  expect(asked.filter(request => !/batch|users\//.test(request))).toEqual([]);
});
