import type { TokenCredential } from '@azure/identity';
import type { Principal } from '../identity/principal.ts';
import { kindOfType } from './delta-merge.ts';
import { Absent } from './errors.ts';
import { readDelta, startDelta } from './graph-delta.ts';
import { assignments, groupPath, principalPath, userPath } from './graph-paths.ts';
import { orAbsent, readAll, readMany, readOne, zip } from './graph-reads.ts';
import * as schemas from './graph-schemas.ts';
import { GraphSubscriptions } from './graph-subscriptions.ts';
import { type GraphRequest, GraphTransport } from './graph-transport.ts';
import type {
  Assignment,
  DeletedObject,
  DeltaRound,
  EnterpriseApplication,
  NewSubscription,
  SourceGroup,
  SourceMember,
  SourceUser,
  Subscription,
} from './types.ts';

export interface GraphDirectoryOptions {
  /** Origin without a version segment, e.g. `https://graph.microsoft.com`. The token goes to this origin only. */
  baseUrl: string;
  credential: TokenCredential;
  /** Default: `https://graph.microsoft.com/.default`. */
  scope?: string;
  /** For one HTTP request, body included. Milliseconds, default 20,000. */
  timeoutMs?: number;
  userAgent?: string;
}

/** Source: "directoryObject: checkMemberGroups". */
const GROUPS_PER_CHECK = 20;
/**
 * Microsoft Graph as this project reads it. Every method may throw `RetryLater` (throttled, unreachable, or an answer
 * of the wrong shape), `SourceUnavailable` (no token, 401, 403) and `Permanent('GraphRefused')` (any other 4xx).
 * A list is complete, or the method throws.
 */
export class GraphDirectory {
  readonly #graph: GraphTransport;
  readonly #subscriptions: GraphSubscriptions;

  constructor(options: GraphDirectoryOptions) {
    this.#graph = new GraphTransport({
      ...options,
      scope: options.scope ?? 'https://graph.microsoft.com/.default',
      timeoutMs: options.timeoutMs ?? 20_000,
      userAgent: options.userAgent ?? 'entra-databricks-provisioning',
    });
    this.#subscriptions = new GraphSubscriptions(this.#graph);
  }

  /** HTTP requests sent so far, retries included; a batch counts once. */
  get requestCount(): number {
    return this.#graph.requestCount;
  }

  /** `undefined`: 404, which alone proves nothing, since a replica may not know the user yet. */
  getUser(id: string): Promise<SourceUser | undefined> {
    return readOne(this.#graph, userPath(id), schemas.user, 'reading a user');
  }

  /** Every id that was asked for is a key of the answer. */
  getUsers(ids: readonly string[]): Promise<Map<string, SourceUser | undefined>> {
    return readMany(this.#graph, ids, userPath, schemas.user, 'reading users');
  }

  getGroup(id: string): Promise<SourceGroup | undefined> {
    return readOne(this.#graph, groupPath(id), schemas.group, 'reading a group');
  }

  getGroups(ids: readonly string[]): Promise<Map<string, SourceGroup | undefined>> {
    return readMany(this.#graph, ids, groupPath, schemas.group, 'reading groups');
  }

  /** The object, if it is in the recycle bin. */
  getDeleted(id: string): Promise<DeletedObject | undefined> {
    const path = `/directory/deletedItems/${encodeURIComponent(id)}?$select=id,deletedDateTime`;
    return readOne(this.#graph, path, schemas.deletedObject, 'looking into the recycle bin');
  }

  /**
   * Direct and nested members of every kind, through /beta: v1.0 leaves service principals out. Members of groups
   * with hidden membership are missing unless the caller holds Member.Read.Hidden; such groups are marked.
   *
   * @throws Absent when Graph knows no such group (now, on this replica).
   */
  async listTransitiveMembers(groupId: string): Promise<SourceMember[]> {
    const path = `/groups/${encodeURIComponent(groupId)}/transitiveMembers?$select=id,accountEnabled,visibility&$top=999`;
    const request: GraphRequest = {
      method: 'GET',
      version: 'beta',
      path,
      what: 'listing the members of a group',
    };
    const members = await readAll(this.#graph, request, schemas.directoryObject);
    return members.map(m => {
      const kind = kindOfType(m['@odata.type']);
      return {
        id: m.id,
        kind,
        ...(kind === 'user' && typeof m.accountEnabled === 'boolean' && { accountEnabled: m.accountEnabled }),
        ...(kind === 'group' && { hiddenMembership: m.visibility?.toLowerCase() === 'hiddenmembership' }),
      };
    });
  }

  /** Ids of the groups that hold the principal, directly or through others. @throws Absent. */
  async listTransitiveMemberOf(principal: Principal): Promise<string[]> {
    const path = `${principalPath(principal)}/transitiveMemberOf?$select=id&$top=999`;
    const found = await readAll(
      this.#graph,
      { method: 'GET', path, what: 'listing the groups of a principal' },
      schemas.directoryObject,
    );
    return found.filter(o => kindOfType(o['@odata.type']) === 'group').map(o => o.id);
  }

  /** Which of `groupIds` hold the principal, transitively. `undefined`: no such principal. */
  async checkMemberGroups(principal: Principal, groupIds: readonly string[]): Promise<string[] | undefined> {
    const what = 'checking the groups of a principal';
    const held: string[] = [];
    for (let i = 0; i < groupIds.length; i += GROUPS_PER_CHECK) {
      const reply = await this.#graph.send({
        method: 'POST',
        path: `${principalPath(principal)}/checkMemberGroups`,
        body: { groupIds: groupIds.slice(i, i + GROUPS_PER_CHECK) },
        what,
      });
      const answer = orAbsent(this.#graph, reply, schemas.checkMemberGroups, what);
      if (!answer) return undefined;
      held.push(...answer.value);
    }
    return held;
  }

  /** For each user: is he in the group, transitively? `absent`: no such user. */
  async checkMembership(
    groupId: string,
    userIds: readonly string[],
  ): Promise<Map<string, boolean | 'absent'>> {
    const what = 'checking the members of a group';
    const requests = userIds.map(id => ({
      method: 'POST' as const,
      path: `/users/${encodeURIComponent(id)}/checkMemberGroups`,
      body: { groupIds: [groupId] },
    }));
    const replies = await this.#graph.batch(requests, what);
    const verdicts = replies.map(reply => {
      const answer = orAbsent(this.#graph, reply, schemas.checkMemberGroups, what);
      return answer ? answer.value.includes(groupId) : 'absent';
    });
    return zip(userIds, verdicts);
  }

  findEnterpriseApplication(servicePrincipalId: string): Promise<EnterpriseApplication | undefined> {
    const path = `/servicePrincipals/${encodeURIComponent(servicePrincipalId)}?$select=id,appId,displayName`;
    return readOne(this.#graph, path, schemas.servicePrincipal, 'reading the enterprise application');
  }

  /** Everyone who is assigned to the enterprise application. @throws Absent when that is missing: never an empty list. */
  async listAssignments(servicePrincipalId: string): Promise<Assignment[]> {
    const path = `/servicePrincipals/${encodeURIComponent(servicePrincipalId)}/appRoleAssignedTo?$top=999`;
    return assignments(
      await readAll(
        this.#graph,
        { method: 'GET', path, what: 'listing the assignments' },
        schemas.appRoleAssignment,
      ),
    );
  }

  /** What the principal itself is assigned to; assignments of its groups are not among them. `undefined`: no such principal. */
  async listOwnAssignments(
    principal: Principal,
    servicePrincipalId: string,
  ): Promise<Assignment[] | undefined> {
    const filter = encodeURIComponent(`resourceId eq ${servicePrincipalId}`);
    const path = `${principalPath(principal)}/appRoleAssignments?$filter=${filter}&$top=999`;
    try {
      const own = await readAll(
        this.#graph,
        { method: 'GET', path, what: 'listing the assignments of a principal' },
        schemas.appRoleAssignment,
      );
      return assignments(own.filter(a => a.resourceId === servicePrincipalId));
    } catch (error) {
      if (error instanceof Absent) return undefined;
      throw error;
    }
  }

  /** A cursor that starts now. Store it before reading what it is to continue. */
  startDelta(kind: 'user' | 'group'): Promise<string> {
    return startDelta(this.#graph, kind);
  }

  /** Everything since the cursor, all pages merged. @throws CursorLost when Graph no longer knows it. */
  readDelta(link: string): Promise<DeltaRound> {
    return readDelta(this.#graph, link);
  }

  /** All subscriptions of this application in the tenant. */
  listSubscriptions(): Promise<Subscription[]> {
    return this.#subscriptions.list();
  }

  /**
   * Subscribes to updates and deletions. Graph calls both URLs back before it answers, so they must be up.
   *
   * @throws Permanent `SubscriptionExists` when there is one for the resource already.
   */
  createSubscription(wanted: NewSubscription): Promise<Subscription> {
    return this.#subscriptions.create(wanted);
  }

  /** Answers `reauthorizationRequired` as well. @throws Absent when it is gone: create another. */
  renewSubscription(id: string, expiresAt: number): Promise<Subscription> {
    return this.#subscriptions.renew(id, expiresAt);
  }

  /** Deleting what is gone already is a success. */
  deleteSubscription(id: string): Promise<void> {
    return this.#subscriptions.delete(id);
  }
}
