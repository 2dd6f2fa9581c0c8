import type { Assignment } from '../directory/types.ts';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import { sourceReader } from '../mapping/source-attributes.ts';
import type { DesiredGroup, DesiredPicture, DesiredResource } from '../planning/picture.ts';
import { scopeVerdict } from '../provisioning/policy.ts';
import { isGuest, readAccounts, type SourceAccount, userAccount } from '../provisioning/source-account.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';
import { appRoleValues } from './app-role-values.ts';
import { desiredResource } from './desired-resource.ts';
import { FilterGroups } from './filter-groups.ts';
import { readGroups, type ScopeGroup } from './read-groups.ts';

type Assigned = Pick<Assignment, 'principal'> & { readonly appRoleId?: string | undefined };
type AccountKind = SourceAccount['kind'];

/** App role ids by Entra object id, of everybody who is entitled. */
type Entitled = Map<string, Set<string>>;

/** Reads everything that is in scope, completely. @throws whatever keeps a single read from its end. */
export async function readDesired(
  o: SourceAccess & { readonly target: string; readonly assignments: readonly Assigned[] },
): Promise<DesiredPicture> {
  const groups = await readGroups(o);
  const values = await appRoleValues(o);
  const filterGroups = await FilterGroups.read(o);
  const entitled: Readonly<Record<AccountKind, Entitled>> = {
    user: entitledAccounts('user', o.assignments, groups),
    servicePrincipal: entitledAccounts('servicePrincipal', o.assignments, groups),
  };
  const inScope = desiredGroups(o, groups, values, filterGroups);
  const read = (kind: AccountKind): Promise<Map<string, DesiredResource>> =>
    readDesiredAccounts(o, kind, entitled[kind], { values, filterGroups });
  return {
    users: await read('user'),
    servicePrincipals: await read('servicePrincipal'),
    groups: inScope,
    followed: [...groups].flatMap(([id, { entitles }]) => (entitles && !inScope.has(id) ? [id] : [])),
  };
}

/** Assigned themselves, or members of a group whose assignment reaches them. */
function entitledAccounts(
  kind: AccountKind,
  assignments: readonly Assigned[],
  groups: ReadonlyMap<string, ScopeGroup>,
): Entitled {
  const entitled: Entitled = new Map();
  const entitle = (id: string, roles: Iterable<string>): void => {
    const known = entitled.get(id) ?? new Set();
    for (const role of roles) known.add(role);
    entitled.set(id, known);
  };
  for (const { principal, appRoleId } of assignments)
    if (principal.kind === kind) entitle(principal.id, appRoleId === undefined ? [] : [appRoleId]);
  for (const { listed, appRoleIds, entitles } of groups.values()) {
    if (!entitles) continue;
    for (const member of listed) if (member.kind === kind) entitle(member.id, appRoleIds);
  }
  return entitled;
}

async function readDesiredAccounts(
  o: SourceAccess,
  kind: AccountKind,
  entitled: Entitled,
  { values, filterGroups }: { values: ReadonlyMap<string, string>; filterGroups: FilterGroups },
): Promise<Map<string, DesiredResource>> {
  const { policy, directory } = o;
  const coversAll = policy.scope.mode === 'all' && kind === 'user';
  const included = coversAll ? [] : [...policy.scope.include];
  const listed = coversAll ? await allUsers(o) : new Map<string, SourceAccount>();
  const named = [...new Set([...entitled.keys(), ...included])].filter(id => !listed.has(id));
  const found = [...listed.values(), ...(await readAccounts(directory, kind, named)).values()];
  const desired = new Map<string, DesiredResource>();
  for (const account of found) {
    if (account === undefined || !account.accountEnabled) continue;
    const roleIds = entitled.get(account.id);
    const read = sourceReader(kind, account.properties, {
      isSoftDeleted: false,
      appRoles: rolesOf(roleIds ?? [], values),
    });
    const verdict = scopeVerdict(policy, {
      kind,
      id: account.id,
      entitled: coversAll || roleIds !== undefined,
      read,
      memberOf: filterGroups.of(account.id),
      isGuest: isGuest(account),
    });
    if (!verdict.inScope) continue;
    // A guest's computed name may be a member's by chance.
    const adoptableName = isGuest(account) ? undefined : account.signInName;
    desired.set(account.id, desiredResource(policy.mappings[kind], read, adoptableName));
  }
  return desired;
}

async function allUsers({ directory }: SourceAccess): Promise<Map<string, SourceAccount>> {
  return new Map((await directory.listUsers()).map(user => [user.id, userAccount(user)]));
}

function desiredGroups(
  { policy }: SourceAccess,
  groups: ReadonlyMap<string, ScopeGroup>,
  values: ReadonlyMap<string, string>,
  filterGroups: FilterGroups,
): Map<string, DesiredGroup> {
  const desired = new Map<string, DesiredGroup>();
  for (const [id, { group, members, hidden, appRoleIds, isMicrosoft365 }] of groups) {
    const read = sourceReader('group', group.properties, {
      isSoftDeleted: false,
      appRoles: rolesOf(appRoleIds, values),
    });
    const verdict = scopeVerdict(policy, {
      kind: 'group',
      id,
      entitled: true,
      read,
      memberOf: filterGroups.of(id),
      isMicrosoft365Group: isMicrosoft365,
    });
    if (!verdict.inScope) continue;
    desired.set(id, {
      ...desiredResource(policy.mappings.group, read),
      members: new Map<string, PrincipalKind>(members.map((p: Principal) => [p.id, p.kind])),
      createdDateTime: group.createdDateTime,
      hidden,
    });
  }
  return desired;
}

function rolesOf(ids: Iterable<string>, values: ReadonlyMap<string, string>): string[] {
  return [...new Set([...ids].flatMap(id => values.get(id) ?? []))].sort();
}
