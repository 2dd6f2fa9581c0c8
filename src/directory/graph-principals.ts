import type { z } from 'zod';
import type { PrincipalKind } from '../identity/principal.ts';
import { principalPath, SET_OF } from './graph-paths.ts';
import { orAbsent, readAll, readMany, readOne } from './graph-reads.ts';
import * as schemas from './graph-schemas.ts';
import type { Selections } from './graph-select.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { SourcePrincipals } from './types.ts';

const SCHEMAS: { readonly [K in PrincipalKind]: z.ZodType<SourcePrincipals[K]> } = {
  user: schemas.user,
  group: schemas.group,
  servicePrincipal: schemas.servicePrincipal,
};
const NAMES: Readonly<Record<PrincipalKind, string>> = {
  user: 'user',
  group: 'group',
  servicePrincipal: 'service principal',
};

/** Users, groups and service principals themselves: one, many, or all of a kind. */
export class GraphPrincipals {
  readonly #graph: GraphTransport;
  readonly #select: Selections['read'];

  constructor(graph: GraphTransport, select: Selections['read']) {
    this.#graph = graph;
    this.#select = select;
  }

  get<K extends PrincipalKind>(kind: K, id: string): Promise<SourcePrincipals[K] | undefined> {
    return readOne<SourcePrincipals[K]>(
      this.#graph,
      this.#path(kind, id),
      SCHEMAS[kind],
      `reading a ${NAMES[kind]}`,
    );
  }

  getMany<K extends PrincipalKind>(
    kind: K,
    ids: readonly string[],
  ): Promise<Map<string, SourcePrincipals[K] | undefined>> {
    return readMany<SourcePrincipals[K]>(
      this.#graph,
      ids,
      id => this.#path(kind, id),
      SCHEMAS[kind],
      `reading ${NAMES[kind]}s`,
    );
  }

  list<K extends PrincipalKind>(kind: K): Promise<SourcePrincipals[K][]> {
    const path = `/${SET_OF[kind]}?$select=${this.#select[kind]}&$top=999`;
    const request = { method: 'GET', path, what: `listing the ${NAMES[kind]}s` } as const;
    return readAll<SourcePrincipals[K]>(this.#graph, request, SCHEMAS[kind]);
  }

  /**
   * Whether a member of the tenant, and not a guest, signs in with a name of that domain: then it is a verified one.
   * Asked of the users, since reading the domains themselves would need a permission more. The index behind it may lag.
   * Source: "Advanced query capabilities on Microsoft Entra ID objects" (`endsWith` on userPrincipalName).
   */
  async hasMembersOf(domain: string): Promise<boolean> {
    const filter = `endsWith(userPrincipalName,'@${domain.replaceAll("'", "''")}') and userType eq 'Member'`;
    const what = 'looking for members of a domain';
    const reply = await this.#graph.send({
      method: 'GET',
      path: `/users?$filter=${encodeURIComponent(filter)}&$count=true&$top=1&$select=id`,
      headers: { ConsistencyLevel: 'eventual' },
      what,
    });
    return (orAbsent(this.#graph, reply, schemas.idList, what)?.value.length ?? 0) > 0;
  }

  #path(kind: PrincipalKind, id: string): string {
    return `${principalPath({ kind, id })}?$select=${this.#select[kind]}`;
  }
}
