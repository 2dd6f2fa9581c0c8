import type { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import { Absent } from './errors.ts';
import { principalPath } from './graph-paths.ts';
import { readAll, readMany, readOne } from './graph-reads.ts';
import * as schemas from './graph-schemas.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { Assignment, EnterpriseApplication } from './types.ts';

const KIND_OF: Readonly<Record<string, Principal['kind']>> = {
  User: 'user',
  Group: 'group',
  ServicePrincipal: 'servicePrincipal',
};

/** The enterprise application and who is assigned to it. See the methods of `GraphDirectory` for the meaning. */
export class GraphAssignments {
  readonly #graph: GraphTransport;

  constructor(graph: GraphTransport) {
    this.#graph = graph;
  }

  application(id: string): Promise<EnterpriseApplication | undefined> {
    const path = `${applicationPath(id)}?$select=id,appId,displayName,appRoles`;
    return readOne(this.#graph, path, schemas.enterpriseApplication, 'reading the enterprise application');
  }

  async to(applicationId: string): Promise<Assignment[]> {
    const path = `${applicationPath(applicationId)}/appRoleAssignedTo?$top=999`;
    const request = { method: 'GET', path, what: 'listing the assignments' } as const;
    return toAssignments(await readAll(this.#graph, request, schemas.appRoleAssignment));
  }

  async of(principal: Principal, applicationId: string): Promise<Assignment[] | undefined> {
    const path = ownPath(principal, applicationId);
    const request = { method: 'GET', path, what: 'listing the assignments of a principal' } as const;
    try {
      const own = await readAll(this.#graph, request, schemas.appRoleAssignment);
      return toAssignments(own.filter(a => a.resourceId === applicationId));
    } catch (error) {
      if (error instanceof Absent) return undefined;
      throw error;
    }
  }

  async ofGroups(groupIds: readonly string[], applicationId: string): Promise<Assignment[]> {
    const pages = await readMany(
      this.#graph,
      groupIds,
      id => ownPath({ kind: 'group', id }, applicationId),
      schemas.appRoleAssignments,
      'listing the assignments of groups',
    );
    const found: Assignment[] = [];
    for (const [id, page] of pages) {
      const isWhole = page?.['@odata.nextLink'] === undefined;
      const own = isWhole
        ? toAssignments((page?.value ?? []).filter(a => a.resourceId === applicationId))
        : await this.of({ kind: 'group', id }, applicationId);
      found.push(...(own ?? []));
    }
    return found;
  }
}

function ownPath(principal: Principal, applicationId: string): string {
  const filter = encodeURIComponent(`resourceId eq ${applicationId}`);
  return `${principalPath(principal)}/appRoleAssignments?$filter=${filter}&$top=999`;
}

function applicationPath(id: string): string {
  return principalPath({ kind: 'servicePrincipal', id });
}

/** Kinds of principals that Graph may add one day are left out: there is nothing we could provision them as. */
function toAssignments(found: readonly z.output<typeof schemas.appRoleAssignment>[]): Assignment[] {
  return found.flatMap(a => {
    const kind = KIND_OF[a.principalType];
    return kind ? [{ id: a.id, appRoleId: a.appRoleId, principal: { kind, id: a.principalId } }] : [];
  });
}
