import type { Account } from './account.ts';
import { json } from './answer.ts';
import { isRecord } from './attribute-values.ts';
import { adminsOnly, Refusal } from './refusal.ts';
import type { Action } from './route.ts';

interface GrantRule {
  readonly role: string;
  readonly principals: readonly string[];
}

interface RuleSet {
  readonly version: number;
  readonly rules: readonly GrantRule[];
}

/** Who may manage or use what, in the words of the account's own `access-control` API. By name of the rule set. */
export type RuleSets = Map<string, RuleSet>;

/** The account, as far as its rule sets go. */
interface Governed {
  readonly accountId: string;
  readonly store: Account;
  readonly ruleSets: RuleSets;
}

/** Of what a rule set speaks, and the roles that it may grant. */
const ROLES = {
  groups: ['roles/group.manager'],
  servicePrincipals: ['roles/servicePrincipal.manager', 'roles/servicePrincipal.user'],
} as const;

/**
 * `…/access-control/rule-sets`, for groups and service principals (databricks-sdk-go, service/iam/impl.go; the names of
 * the rule sets and roles are from its documentation). A PUT replaces all rules, and only those of the version that its
 * etag names.
 *
 * Guess: every status and error code; that a GET without `etag` is refused, since the clients always send one, if only
 * an empty one; that principals are named in exactly the spelling that is stored; and that a rule keeps the name of
 * somebody who was renamed or deleted since, so that it cannot be written back as it was read.
 *
 * @throws Refusal
 */
export function ruleSetAction(method: string, query: URLSearchParams, account: Governed): Action {
  if (method !== 'GET' && method !== 'PUT') throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: 'assignment',
    run(body, { isAdmin }) {
      if (!isAdmin) throw adminsOnly('/2.0/preview/accounts/access-control/rule-sets');
      if (method === 'PUT') return json(200, replaced(body, account));
      const name = query.get('name') ?? '';
      if (!query.has('etag')) throw new Refusal(400, 'etag is required');
      rolesOf(name, account);
      return json(200, render(name, account.ruleSets.get(name)));
    },
  };
}

function replaced(body: unknown, account: Governed): object {
  const request = isRecord(body) ? body : {};
  const ruleSet = isRecord(request.rule_set) ? request.rule_set : {};
  const { name } = request;
  if (typeof name !== 'string' || ruleSet.name !== name)
    throw new Refusal(400, 'name and rule_set.name are required, and the same');
  const allowed = rolesOf(name, account);
  const current = account.ruleSets.get(name);
  if (typeof ruleSet.etag !== 'string' || ruleSet.etag === '')
    throw new Refusal(400, 'rule_set.etag is required');
  if (ruleSet.etag !== etagOf(name, current))
    throw new Refusal(409, `The rule set ${name} was changed since it was read`, {
      code: 'RESOURCE_CONFLICT',
    });
  const { grant_rules: given = [] } = ruleSet;
  if (!Array.isArray(given)) throw new Refusal(400, 'rule_set.grant_rules must be an array');
  const rules = given.map(rule => ruleOf(rule, allowed, account.store));
  const next = { version: (current?.version ?? 0) + 1, rules };
  account.ruleSets.set(name, next);
  return render(name, next);
}

/** The roles that a rule set of that name may grant. @throws Refusal when there is nothing that it could be of */
function rolesOf(name: string, { accountId, store }: Governed): readonly string[] {
  const [, account, kind, id = ''] =
    /^accounts\/([^/]+)\/(groups|servicePrincipals)\/([^/]+)\/ruleSets\/default$/.exec(name) ?? [];
  if (kind === undefined) throw new Refusal(400, `${name || 'name'} is no name of a rule set`);
  const exists = kind === 'groups' ? store.get('Groups', id) : store.servicePrincipal(id);
  if (account !== accountId || !exists) throw new Refusal(404, `The rule set ${name} is not found`);
  return ROLES[kind as keyof typeof ROLES];
}

function ruleOf(rule: unknown, allowed: readonly string[], store: Account): GrantRule {
  const { role, principals = [] } = isRecord(rule) ? rule : {};
  if (typeof role !== 'string' || !allowed.includes(role))
    throw new Refusal(400, `role must be one of ${allowed.join(', ')}`);
  if (!Array.isArray(principals)) throw new Refusal(400, 'principals must be an array');
  for (const principal of principals)
    if (!isKnown(principal, store)) throw new Refusal(400, `Principal ${String(principal)} does not exist`);
  return { role, principals };
}

function isKnown(principal: unknown, store: Account): boolean {
  const [, kind, name = ''] = /^(users|groups|servicePrincipals)\/(.+)$/.exec(String(principal)) ?? [];
  if (kind === 'users') return store.user(name)?.userName === name;
  if (kind === 'groups') return store.group(name)?.displayName === name;
  return kind !== undefined && store.servicePrincipal(name)?.applicationId === name;
}

function render(name: string, ruleSet: RuleSet | undefined): object {
  return { name, etag: etagOf(name, ruleSet), grant_rules: ruleSet?.rules ?? [] };
}

/** Another one for each version, and for each rule set. Opaque to clients. */
function etagOf(name: string, ruleSet: RuleSet | undefined): string {
  return Buffer.from(`${name}@${ruleSet?.version ?? 0}`).toString('base64url');
}
