import { type Principal, type PrincipalKind, principalKey } from '../identity/principal.ts';
import type { DesiredPicture, KnownLink, PlanItem } from './picture.ts';
import { decideAssignment, oursOf } from './workspace-assignment.ts';

type Permission = 'USER' | 'ADMIN';

export interface WantedAssignments {
  readonly workspaceId: string;
  /** By Entra object id. */
  readonly assignments: ReadonlyMap<string, Permission>;
  readonly assert: boolean;
}

/** By SCIM id. */
export type ActualAssignments = ReadonlyMap<string, Permission>;

export interface ForeignAssignment {
  readonly workspaceId: string;
  /** SCIM id. */
  readonly principalId: string;
  readonly permission: Permission;
}

export interface AssignmentComparison {
  readonly items: readonly PlanItem[];
  /** Whose record is to be put in order although nothing is written. */
  readonly revisit: readonly Principal[];
  /** Given by somebody else: reported, and left alone. */
  readonly foreign: readonly ForeignAssignment[];
  /** Named in the configuration, and not provisioned: nobody is assigned before he is. */
  readonly unprovisioned: readonly { readonly workspaceId: string; readonly objectId: string }[];
}

/**
 * What the workspaces of an account would need to have the assignments that the configuration names.
 * @param actual by workspace; one that could not be read is missing
 */
export function compareAssignments(
  wanted: readonly WantedAssignments[],
  actual: ReadonlyMap<string, ActualAssignments>,
  links: readonly KnownLink[],
  desired: DesiredPicture,
): AssignmentComparison {
  const linked = new Map(
    links.filter(({ status }) => status === 'linked').map(link => [link.principal.id, link]),
  );
  const items: PlanItem[] = [];
  const revisit: Principal[] = [];
  const unprovisioned: { workspaceId: string; objectId: string }[] = [];
  /** `workspace|SCIM id` of what is explained by us. */
  const explained = new Set<string>();
  const add = (
    principal: Principal,
    what: 'assign' | 'unassign',
    link: KnownLink | undefined,
    text: string,
  ) =>
    items.push({
      principal,
      action: `${what}-workspace`,
      rowClass: what === 'assign' ? 'bulk' : 'revoke',
      scimId: link?.scimId,
      detail: [text],
    });

  for (const { workspaceId, assignments, assert } of wanted) {
    for (const [objectId, permission] of assignments) {
      const kind = kindOf(objectId, desired);
      const link = linked.get(objectId);
      const scimId = link?.scimId;
      if (scimId !== undefined) explained.add(`${workspaceId}|${scimId}`);
      if (kind === undefined) {
        if (link === undefined) unprovisioned.push({ workspaceId, objectId });
        continue;
      }
      // In scope and switched off all the same, as when his name was passed on.
      if (link?.written.active === false) continue;
      const text = `${workspaceId} ${permission}`;
      const shown = actual.get(workspaceId);
      const known = link?.workspaces?.[workspaceId];
      const current = known?.scimId === scimId ? known : undefined;
      if (scimId === undefined || shown === undefined) {
        if (current?.permission !== permission) add({ kind, id: objectId }, 'assign', link, text);
        continue;
      }
      const there = shown.get(scimId);
      const ours = oursOf(current);
      const step = decideAssignment({ wanted: permission, actual: there, ours, assert });
      if (step.action !== 'none') add({ kind, id: objectId }, 'assign', link, text);
      else if (there !== permission) explained.delete(`${workspaceId}|${scimId}`);
    }
  }

  const isWanted = new Map(wanted.map(({ workspaceId, assignments }) => [workspaceId, assignments]));
  for (const link of linked.values()) {
    for (const [workspaceId, known] of Object.entries(link.workspaces ?? {})) {
      if (isWanted.get(workspaceId)?.has(link.principal.id)) continue;
      const there = actual.get(workspaceId)?.get(known.scimId);
      // What is put in its place is asked when it is written.
      const step = decideAssignment({ wanted: undefined, actual: there, ours: oursOf(known) });
      if (step.action === 'none') revisit.push(link.principal);
      else {
        explained.add(`${workspaceId}|${known.scimId}`);
        add(link.principal, 'unassign', link, `${workspaceId} ${there ?? known.permission ?? ''}`.trim());
      }
    }
  }
  const foreign = [...actual].flatMap(([workspaceId, shown]) =>
    [...shown].flatMap(([principalId, permission]) =>
      explained.has(`${workspaceId}|${principalId}`) ? [] : [{ workspaceId, principalId, permission }],
    ),
  );
  return { items, revisit, foreign, unprovisioned };
}

/** Of somebody who is in scope. */
function kindOf(id: string, { users, groups, servicePrincipals }: DesiredPicture): PrincipalKind | undefined {
  if (groups.has(id)) return 'group';
  if (users.has(id)) return 'user';
  return servicePrincipals.has(id) ? 'servicePrincipal' : undefined;
}

/** Says with everything that takes an account or a group away which workspaces go with it. */
export function withWorkspaces(
  items: readonly PlanItem[],
  links: readonly KnownLink[],
  desired: DesiredPicture,
): PlanItem[] {
  const reached = workspacesReached(links);
  return items.map(item => {
    const workspaces = takesAway(item, desired) ? reached.get(principalKey(item.principal)) : undefined;
    return workspaces === undefined ? item : { ...item, workspaces };
  });
}

function takesAway({ action, principal: { id } }: PlanItem, desired: DesiredPicture): boolean {
  if (action === 'members') return !desired.groups.has(id);
  return action === 'deactivate' || action === 'missing-in-target' || action === 'switched-off-in-target';
}

/**
 * The workspaces that each principal of the links is assigned to by us, itself or by way of groups that hold it as far
 * as we wrote them: what goes with its account. By `kind:id`; workspace ids, sorted.
 */
function workspacesReached(links: readonly KnownLink[]): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(links.map(link => [link.principal.id, link]));
  const reached = new Map<string, Set<string>>();
  const give = (link: KnownLink, workspaceId: string): void => {
    const key = principalKey(link.principal);
    const known = reached.get(key) ?? new Set();
    if (known.has(workspaceId)) return;
    reached.set(key, known.add(workspaceId));
    for (const id of Object.keys(link.members ?? {})) {
      const member = byId.get(id);
      if (member !== undefined) give(member, workspaceId);
    }
  };
  for (const link of links)
    for (const [workspaceId, { permission }] of Object.entries(link.workspaces ?? {}))
      if (permission !== undefined) give(link, workspaceId);
  return new Map([...reached].map(([key, ids]) => [key, [...ids].sort()]));
}
