import type { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import { kindOfType } from './delta-merge.ts';
import { principalPath } from './graph-paths.ts';
import { orAbsent, readAll, zip } from './graph-reads.ts';
import * as schemas from './graph-schemas.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { SourceMember } from './types.ts';

/** Source: "directoryObject: checkMemberGroups". */
const GROUPS_PER_CHECK = 20;

/** Who is in which group. See the methods of `GraphDirectory` for the meaning. */
export class GraphMemberships {
  readonly #graph: GraphTransport;

  constructor(graph: GraphTransport) {
    this.#graph = graph;
  }

  async membersOf(groupId: string, relation: 'members' | 'transitiveMembers'): Promise<SourceMember[]> {
    const select = 'id,accountEnabled,visibility,securityEnabled';
    const path = `${principalPath({ kind: 'group', id: groupId })}/${relation}?$select=${select}&$top=999`;
    const what = 'listing the members of a group';
    const members = await readAll(
      this.#graph,
      { method: 'GET', version: 'beta', path, what },
      schemas.directoryObject,
    );
    return members.map(toMember);
  }

  async groupsBelow(groupId: string): Promise<SourceMember[]> {
    const relation = 'transitiveMembers/microsoft.graph.group';
    const select = 'id,visibility,securityEnabled';
    const path = `${principalPath({ kind: 'group', id: groupId })}/${relation}?$select=${select}&$count=true&$top=999`;
    const what = 'listing the groups within a group';
    const headers = { ConsistencyLevel: 'eventual' };
    const found = await readAll(this.#graph, { method: 'GET', path, headers, what }, schemas.nestedGroup);
    return found.map(toNestedGroup);
  }

  async groupsOf(principal: Principal, relation: 'memberOf' | 'transitiveMemberOf'): Promise<string[]> {
    const path = `${principalPath(principal)}/${relation}?$select=id&$top=999`;
    const what = 'listing the groups of a principal';
    const found = await readAll(this.#graph, { method: 'GET', path, what }, schemas.directoryObject);
    return found.filter(o => kindOfType(o['@odata.type']) === 'group').map(o => o.id);
  }

  async checkGroups(principal: Principal, groupIds: readonly string[]): Promise<string[] | undefined> {
    const what = 'checking the groups of a principal';
    const held: string[] = [];
    for (let i = 0; i < groupIds.length; i += GROUPS_PER_CHECK) {
      const reply = await this.#graph.send({
        method: 'POST',
        path: checkPath(principal),
        body: { groupIds: groupIds.slice(i, i + GROUPS_PER_CHECK) },
        what,
      });
      const answer = orAbsent(this.#graph, reply, schemas.checkMemberGroups, what);
      if (!answer) return undefined;
      held.push(...answer.value);
    }
    return held;
  }

  async checkMembers(
    groupId: string,
    principals: readonly Principal[],
  ): Promise<Map<string, boolean | 'absent'>> {
    const what = 'checking the members of a group';
    const body = { groupIds: [groupId] };
    const requests = principals.map(p => ({ method: 'POST' as const, path: checkPath(p), body }));
    const replies = await this.#graph.batch(requests, what);
    const verdicts = replies.map(reply => {
      const answer = orAbsent(this.#graph, reply, schemas.checkMemberGroups, what);
      return answer ? answer.value.includes(groupId) : 'absent';
    });
    return zip(
      principals.map(p => p.id),
      verdicts,
    );
  }
}

function checkPath(principal: Principal): string {
  return `${principalPath(principal)}/checkMemberGroups`;
}

function toMember(found: z.output<typeof schemas.directoryObject>): SourceMember {
  const { id, accountEnabled, visibility, securityEnabled } = found;
  const kind = kindOfType(found['@odata.type']);
  if (kind === 'group') return toNestedGroup({ id, visibility, securityEnabled });
  const told = kind !== 'other' && typeof accountEnabled === 'boolean';
  return { id, kind, ...(told && { accountEnabled }) };
}

function toNestedGroup({
  id,
  visibility,
  securityEnabled,
}: z.output<typeof schemas.nestedGroup>): SourceMember {
  // Of an object that the caller may not read, a list tells type and id only, and every group has this property.
  // Source: "Permissions reference", limited information returned for inaccessible member objects.
  const readable = typeof securityEnabled === 'boolean';
  const hiddenMembership = !readable || visibility?.toLowerCase() === 'hiddenmembership';
  return { id, kind: 'group', hiddenMembership };
}
