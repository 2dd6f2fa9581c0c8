import type { TokenCredential } from '@azure/identity';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import { GraphAssignments } from './graph-assignments.ts';
import { readDelta, startDelta } from './graph-delta.ts';
import { GraphMemberships } from './graph-memberships.ts';
import { GraphPrincipals } from './graph-principals.ts';
import { readOne } from './graph-reads.ts';
import * as schemas from './graph-schemas.ts';
import { type ExtraProperties, type Selections, selections } from './graph-select.ts';
import { GraphSubscriptions } from './graph-subscriptions.ts';
import { GraphTransport } from './graph-transport.ts';
import type {
  Assignment,
  DeletedObject,
  DeltaRound,
  EnterpriseApplication,
  NewSubscription,
  SourceGroup,
  SourceMember,
  SourceServicePrincipal,
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
  /**
   * Top-level properties to read along, directory extensions by their full name. They come in `properties`, and a
   * change of one is reported by the cursors that are started from now on.
   */
  select?: ExtraProperties;
}

/**
 * Microsoft Graph as this project reads it. Every method may throw `RetryLater` (throttled, unreachable, or an answer
 * of the wrong shape), `SourceUnavailable` (no token, 401, 403) and `Permanent('GraphRefused')` (any other 4xx).
 * A list is complete, or the method throws.
 */
export class GraphDirectory {
  readonly #graph: GraphTransport;
  readonly #selections: Selections;
  readonly #principals: GraphPrincipals;
  readonly #memberships: GraphMemberships;
  readonly #assignments: GraphAssignments;
  readonly #subscriptions: GraphSubscriptions;

  /** @throws ConfigurationError for a property that cannot be selected, and for a Graph that is not behind https. */
  constructor(options: GraphDirectoryOptions) {
    this.#graph = new GraphTransport({
      ...options,
      scope: options.scope ?? 'https://graph.microsoft.com/.default',
      timeoutMs: options.timeoutMs ?? 20_000,
      userAgent: options.userAgent ?? 'entra-databricks-provisioning',
    });
    this.#selections = selections(options.select ?? {});
    this.#principals = new GraphPrincipals(this.#graph, this.#selections.read);
    this.#memberships = new GraphMemberships(this.#graph);
    this.#assignments = new GraphAssignments(this.#graph);
    this.#subscriptions = new GraphSubscriptions(this.#graph);
  }

  /** HTTP requests sent so far, retries included; a batch counts once. */
  get requestCount(): number {
    return this.#graph.requestCount;
  }

  /** `undefined`: 404, which alone proves nothing, since a replica may not know the user yet. */
  getUser(id: string): Promise<SourceUser | undefined> {
    return this.#principals.get('user', id);
  }

  /** Every id that was asked for is a key of the answer. */
  getUsers(ids: readonly string[]): Promise<Map<string, SourceUser | undefined>> {
    return this.#principals.getMany('user', ids);
  }

  /** All users of the tenant, guests included; those in the recycle bin are not among them. */
  listUsers(): Promise<SourceUser[]> {
    return this.#principals.list('user');
  }

  getGroup(id: string): Promise<SourceGroup | undefined> {
    return this.#principals.get('group', id);
  }

  getGroups(ids: readonly string[]): Promise<Map<string, SourceGroup | undefined>> {
    return this.#principals.getMany('group', ids);
  }

  /** All groups of the tenant: security, Microsoft 365 and distribution groups alike. */
  listGroups(): Promise<SourceGroup[]> {
    return this.#principals.list('group');
  }

  /** By object id, not by application id. `undefined`: 404, as for a user. */
  getServicePrincipal(id: string): Promise<SourceServicePrincipal | undefined> {
    return this.#principals.get('servicePrincipal', id);
  }

  getServicePrincipals(ids: readonly string[]): Promise<Map<string, SourceServicePrincipal | undefined>> {
    return this.#principals.getMany('servicePrincipal', ids);
  }

  /** All service principals of the tenant, Microsoft's own and managed identities included. */
  listServicePrincipals(): Promise<SourceServicePrincipal[]> {
    return this.#principals.list('servicePrincipal');
  }

  /** Whether a member, and not a guest, of the tenant signs in with a name of that domain. */
  hasMembersOf(domain: string): Promise<boolean> {
    return this.#principals.hasMembersOf(domain);
  }

  /** The object, if it is in the recycle bin: no managed identity, and no group that came from on-premises, ever is. */
  getDeleted(id: string): Promise<DeletedObject | undefined> {
    const path = `/directory/deletedItems/${encodeURIComponent(id)}?$select=id,deletedDateTime`;
    return readOne(this.#graph, path, schemas.deletedObject, 'looking into the recycle bin');
  }

  /**
   * Direct members of every kind, through /beta: v1.0 leaves service principals out. A group whose own membership is
   * hidden reads as empty unless the caller holds Member.Read.Hidden: its `visibility` tells. Nested groups of that
   * kind are marked.
   *
   * @throws Absent when Graph knows no such group (now, on this replica).
   */
  listMembers(groupId: string): Promise<SourceMember[]> {
    return this.#memberships.membersOf(groupId, 'members');
  }

  /** As `listMembers`, with the members of nested groups. In a nesting cycle the group itself may be among them. */
  listTransitiveMembers(groupId: string): Promise<SourceMember[]> {
    return this.#memberships.membersOf(groupId, 'transitiveMembers');
  }

  /**
   * The groups within a group, at any depth, by an advanced query, whose index may lag by some seconds.
   *
   * @throws Absent.
   */
  listNestedGroups(groupId: string): Promise<SourceMember[]> {
    return this.#memberships.groupsBelow(groupId);
  }

  /** Ids of the groups that hold the principal directly, hidden ones left out. @throws Absent. */
  listMemberOf(principal: Principal): Promise<string[]> {
    return this.#memberships.groupsOf(principal, 'memberOf');
  }

  /** Ids of the groups that hold the principal, directly or through others. @throws Absent. */
  listTransitiveMemberOf(principal: Principal): Promise<string[]> {
    return this.#memberships.groupsOf(principal, 'transitiveMemberOf');
  }

  /** Which of `groupIds` hold the principal, transitively. `undefined`: no such principal. */
  checkMemberGroups(principal: Principal, groupIds: readonly string[]): Promise<string[] | undefined> {
    return this.#memberships.checkGroups(principal, groupIds);
  }

  /**
   * For each principal, by id: is it in the group, transitively? `absent`: no such principal. Whoever left a group
   * but is still in it through another reads as true: for direct membership ask `listMemberOf`.
   */
  checkMembership(
    groupId: string,
    principals: readonly Principal[],
  ): Promise<Map<string, boolean | 'absent'>> {
    return this.#memberships.checkMembers(groupId, principals);
  }

  /** `undefined`: 404. It is gone, or we lost the consent, or a replica lags. */
  findEnterpriseApplication(servicePrincipalId: string): Promise<EnterpriseApplication | undefined> {
    return this.#assignments.application(servicePrincipalId);
  }

  /** Everyone who is assigned to the enterprise application. @throws Absent when that is missing: never an empty list. */
  listAssignments(servicePrincipalId: string): Promise<Assignment[]> {
    return this.#assignments.to(servicePrincipalId);
  }

  /** What the principal itself is assigned to; assignments of its groups are not among them. `undefined`: no such principal. */
  listOwnAssignments(principal: Principal, servicePrincipalId: string): Promise<Assignment[] | undefined> {
    return this.#assignments.of(principal, servicePrincipalId);
  }

  /** The same of many groups, in batches. A group that is not there has none. */
  listAssignmentsOfGroups(groupIds: readonly string[], servicePrincipalId: string): Promise<Assignment[]> {
    return this.#assignments.ofGroups(groupIds, servicePrincipalId);
  }

  /** The properties whose changes a cursor that is started now would report. */
  selectOf(kind: PrincipalKind): string {
    return this.#selections.delta[kind];
  }

  /**
   * A cursor that starts now. Store it before reading what it is to continue. It reports changes of the properties
   * that are selected now: after a change of `select` only a new cursor reports the others.
   */
  startDelta(kind: PrincipalKind): Promise<string> {
    return startDelta(this.#graph, kind, this.#selections.delta);
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
