import { ruleProblems, scopeProblems } from './provisioning-config-checks.ts';
import { type Problem, valueAt, valueProblem } from './provisioning-config-problems.ts';
import { sectionKinds } from './provisioning-config-rules.ts';
import { workspaceIdIn } from './target-config.ts';
import { workspaceProblems } from './workspace-checks.ts';

/** What the form alone cannot say about the targets. Leaves alone what has the wrong form. */
export function* targetProblems(root: unknown): Generator<Problem> {
  const targets = valueAt(root, ['targets']);
  const seen = new Map<string, number>();
  for (const [index, target] of (Array.isArray(targets) ? targets : []).entries()) {
    const path = ['targets', index];
    const given: Given = Object(target);
    yield* placeProblems(root, path, given);
    yield* signInProblems(root, [...path, 'signIn'], given.signIn);
    yield* accountTokenProblems(root, path, given);
    yield* signInProblems(root, [...path, 'accountSignIn'], given.accountSignIn);
    yield* workspaceProblems(root, path, given);
    yield* overrideProblems(root, path, given);
    yield* valueListProblems(root, path, given);
    const same = sameTarget(given);
    if (same === undefined) continue;
    const first = seen.get(same.name);
    if (first === undefined) seen.set(same.name, index);
    else
      yield valueProblem(
        root,
        [...path, same.key],
        `it is the same target as targets[${first}]: one target has one scope and one owner, so it stands here once`,
      );
  }
}

type Given = Readonly<Record<string, unknown>>;

const kindOf = ({ kind }: Given): unknown => kind ?? 'account';

/** Whose names two targets must not share. A workspace used as a way to the account is the account. */
function sameTarget(given: Given): { name: string; key: string } | undefined {
  if (kindOf(given) !== 'workspace') {
    const { accountId } = given;
    return typeof accountId === 'string'
      ? { name: `account ${accountId.toLowerCase()}`, key: 'accountId' }
      : undefined;
  }
  const { workspaceId, workspaceUrl } = given;
  if (typeof workspaceId === 'string') return { name: `workspace ${workspaceId}`, key: 'workspaceId' };
  const id = typeof workspaceUrl === 'string' ? workspaceIdIn(workspaceUrl) : undefined;
  return id === undefined ? undefined : { name: `workspace ${id}`, key: 'workspaceUrl' };
}

/** By kind: what it needs, and what would have no meaning. */
const placeKeys = {
  account: { needed: ['accountId'], idle: ['workspaceUrl', 'workspaceId'] },
  workspaceProxy: { needed: ['accountId', 'workspaceUrl'], idle: ['workspaceId', 'apiVersion'] },
  workspace: { needed: ['workspaceUrl'], idle: ['accountId', 'apiVersion', 'accountSignIn', 'workspaces'] },
} as const;

function* placeProblems(root: unknown, path: readonly PropertyKey[], given: Given): Generator<Problem> {
  const kind = kindOf(given);
  if (kind !== 'account' && kind !== 'workspace' && kind !== 'workspaceProxy') return;
  const { needed, idle } = placeKeys[kind];
  for (const key of needed)
    if (given[key] === undefined)
      yield valueProblem(root, [...path, key], `a target of kind "${kind}" needs it`);
  for (const key of idle)
    if (given[key] !== undefined)
      yield valueProblem(root, [...path, key], `it must be left out of a target of kind "${kind}"`);
  const { workspaceUrl, workspaceId } = given;
  if (kind === 'workspace' && typeof workspaceUrl === 'string' && workspaceId === undefined) {
    if (workspaceIdIn(workspaceUrl) === undefined)
      yield valueProblem(
        root,
        [...path, 'workspaceId'],
        'it is needed, since the address of the workspace does not hold its id',
      );
  }
}

const SECRETS = ['setting', 'keyVaultSecret'] as const;
const signInKeys = {
  entra: ['workspaceResourceId'],
  token: SECRETS,
  oauth: [...SECRETS, 'clientId'],
} as const;

function* signInProblems(root: unknown, at: readonly PropertyKey[], signIn: unknown): Generator<Problem> {
  const given: Given = Object(signIn);
  const { method } = given;
  if (method !== 'entra' && method !== 'token' && method !== 'oauth') return;
  const possible: readonly string[] = signInKeys[method];
  for (const key of [...SECRETS, 'clientId', 'workspaceResourceId'])
    if (given[key] !== undefined && !possible.includes(key))
      yield valueProblem(root, [...at, key], `it must be left out with the method "${method}"`);
  if (method !== 'entra' && SECRETS.filter(key => given[key] !== undefined).length !== 1)
    yield valueProblem(
      root,
      at,
      'it must say where the secret is: setting or keyVaultSecret, one of the two',
    );
  if (method === 'oauth' && given.clientId === undefined)
    yield valueProblem(root, [...at, 'clientId'], 'the method "oauth" needs it');
}

/** What would be right at a workspace. */
function* accountTokenProblems(
  root: unknown,
  path: readonly PropertyKey[],
  target: Given,
): Generator<Problem> {
  if (kindOf(target) !== 'account') return;
  const { method, workspaceResourceId }: Given = Object(target.signIn);
  if (workspaceResourceId !== undefined && typeof method === 'string')
    yield valueProblem(root, [...path, 'signIn', 'workspaceResourceId'], 'it must be left out at an account');
  if (method === 'token' && target.apiVersion === '2.0')
    yield valueProblem(
      root,
      [...path, 'apiVersion'],
      'it must be "2.1" or left out with a SCIM token, which works for that version only',
    );
}

/** What a target puts in the place of the general words is checked as these are, together with those that stay. */
function* overrideProblems(root: unknown, path: readonly PropertyKey[], given: Given): Generator<Problem> {
  yield* ruleProblems(root, path);
  if (given.scope === undefined) return;
  const general: Given = Object(valueAt(root, ['scope']));
  const own: Given = Object(given.scope);
  yield* scopeProblems(root, { ...general, ...own }, key =>
    Object.hasOwn(own, key) || !Object.hasOwn(general, key) ? [...path, 'scope', key] : ['scope', key],
  );
}

/** What a target of that kind takes without a word and does not keep: a comparison would find it for ever. */
function* valueListProblems(root: unknown, path: readonly PropertyKey[], given: Given): Generator<Problem> {
  const isWorkspace = kindOf(given) === 'workspace';
  const [lost, wrong] = isWorkspace
    ? [
        'roles',
        'a workspace on Azure keeps no roles: give roles at the account, and to the workspaces mappings of their own',
      ]
    : [
        'entitlements',
        'an account keeps no entitlements, which belong to workspaces: give these mappings of their own',
      ];
  for (const section of Object.keys(sectionKinds)) {
    const own = [...path, 'mappings', section];
    const at = valueAt(root, own) === undefined ? ['mappings', section] : own;
    const rules = valueAt(root, at);
    for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries())
      if (Object(rule).target === lost) yield valueProblem(root, [...at, index, 'target'], wrong);
  }
}
