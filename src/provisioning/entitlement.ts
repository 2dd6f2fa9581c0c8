import type { Assignment } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import { isDirectMember } from './direct-membership.ts';
import { coversAll, type Policy } from './policy.ts';
import { readApplication } from './source-application.ts';
import type { SourceAccess } from './source-evidence.ts';

/** Why a principal is entitled to be in the target. */
export interface Entitlement {
  /** Values of the app roles that it was assigned, itself or through a group. Empty unless a mapping reads them. */
  readonly appRoles: readonly string[];
}

/** What the source says about the groups above a principal. */
export interface Above {
  /** Groups that hold it, directly or through others. */
  readonly all: readonly string[];
  /** Those through which an assignment reaches it. */
  readonly reaching: readonly string[];
  /** Assigned groups and the app roles that each gives, as the last poll stored them. Left out: not read yet. */
  readonly assigned?: ReadonlyMap<string, readonly string[]>;
}

/** What the second read came to. */
export type Confirmed =
  | { readonly entitlement: Entitlement }
  /** Nothing entitles it as far as can be seen. `entitling`: all groups that give access, also those assigned a moment ago. */
  | { readonly entitlement?: undefined; readonly entitling: readonly string[] };

/** What hardly ever changes is read anew after this long. */
const LIVES_MS = 300_000;

/**
 * Whether a principal is entitled: everybody where the scope is everything, else who is assigned or included, itself
 * or through a group. That somebody is not is believed only when two different reads agree.
 */
export class EntitlementReader {
  readonly #o: SourceAccess;
  #included: { readonly readAt: number; readonly ids: readonly string[] } | undefined;
  #roles: { readonly readAt: number; readonly values: ReadonlyMap<string, string> } | undefined;

  constructor(o: SourceAccess) {
    this.#o = o;
  }

  /** Whether what we store, or the configuration, names the principal itself. */
  async isNamed(p: Principal): Promise<boolean> {
    return this.#isIncluded(p.id) || (await this.#o.state.assignments.has(p));
  }

  coversAll(p: Principal): boolean {
    return coversAll(this.#o.policy, p);
  }

  /**
   * Groups that give access to their members: assigned ones, and those that the configuration includes, which names
   * ids without their kind. All of these are among them: an id that no group has matches nothing, and a group that a
   * replica does not know for a moment must not cease to give access.
   */
  entitlingGroups(assigned: Iterable<string>): ReadonlySet<string> {
    return new Set([...assigned, ...this.#o.policy.scope.include]);
  }

  async above(p: Principal): Promise<Above> {
    const all = await this.#o.directory.listTransitiveMemberOf(p);
    if (this.#o.policy.nesting.reach === 'transitive') return { all, reaching: all };
    return { all, reaching: await this.#o.directory.listMemberOf(p) };
  }

  /** As {@link above}, with the assigned groups. */
  async aboveAndAssigned(p: Principal): Promise<Above & Required<Pick<Above, 'assigned'>>> {
    return { ...(await this.above(p)), assigned: await this.#o.state.assignments.groupRoles() };
  }

  /**
   * By one read; undefined: not entitled as far as this read shows.
   * @param linked there is something to lose: that an app role does not reach it is believed by two reads only
   */
  async read(p: Principal, above: Above, linked: boolean): Promise<Entitlement | undefined> {
    const { directory, applicationObjectId, policy } = this.#o;
    const covered = this.coversAll(p) || this.#isIncluded(p.id);
    const wantsRoles = readsAppRoles(policy, p.kind);
    if (covered && !wantsRoles) return { appRoles: [] };
    const own = (await directory.listOwnAssignments(p, applicationObjectId)) ?? [];
    if (own.length > 0 && !wantsRoles) return { appRoles: [] };
    const groupRoles = above.assigned ?? (await this.#o.state.assignments.groupRoles());
    const reaching = this.#reaches(p) ? above.reaching : [];
    const through = reaching.filter(id => groupRoles.has(id) || policy.scope.include.has(id));
    if (!covered && own.length === 0 && through.length === 0) return undefined;
    if (!wantsRoles) return { appRoles: [] };
    const roles = [
      ...own.map(({ appRoleId }) => appRoleId),
      ...through.flatMap(id => groupRoles.get(id) ?? []),
    ];
    if (linked) roles.push(...(await this.#rolesUnseen(p, { roles, reaching, groupRoles })));
    return { appRoles: await this.#valuesOf(roles) };
  }

  /** An assignment of a group reaches a group below it only where descendants are provisioned. */
  #reaches(p: Principal): boolean {
    return p.kind !== 'group' || this.#o.policy.nesting.descendants;
  }

  /**
   * App roles that the principal's own lists lack, and another read shows: the list of the application, as the last poll
   * stored it, and a check of the groups that would give one more. What really ended, the next poll stores as ended.
   */
  async #rolesUnseen(
    p: Principal,
    {
      roles,
      reaching,
      groupRoles,
    }: {
      readonly roles: readonly string[];
      readonly reaching: readonly string[];
      readonly groupRoles: ReadonlyMap<string, readonly string[]>;
    },
  ): Promise<string[]> {
    const stored = await this.#o.state.assignments.rolesOf(p);
    const seen = new Set([...roles, ...stored]);
    const values = await this.#roleValues();
    const more = [...groupRoles].filter(
      ([id, of]) => !reaching.includes(id) && of.some(role => values.has(role) && !seen.has(role)),
    );
    if (more.length === 0 || !this.#reaches(p)) return [...stored];
    const held = await this.#heldBy(
      p,
      more.map(([id]) => id),
    );
    return [...stored, ...held.flatMap(id => groupRoles.get(id) ?? [])];
  }

  /** Which of these groups a check shows to reach the principal. @throws {RetryLater} when it is not there any more. */
  async #heldBy(p: Principal, groups: readonly string[]): Promise<string[]> {
    const held = await this.#o.directory.checkMemberGroups(p, groups);
    if (held === undefined) throw new RetryLater(`a ${p.kind} vanished between two reads`);
    const reached: string[] = [];
    for (const group of held) if (await this.#isReached(p, group)) reached.push(group);
    return reached;
  }

  /**
   * The second, different read after {@link read} found nothing.
   * @throws {RetryLater} when the reads disagree, or leave the question open.
   */
  async confirmNone(p: Principal, above: Above): Promise<Confirmed> {
    if (await this.#o.state.assignments.has(p)) throw disagreement(p, 'assignments');
    const reaches = this.#reaches(p);
    // What we store of the assignments is as old as the last poll.
    const listed = await this.#o.directory.listAssignments(this.#o.applicationObjectId);
    const since = await this.#assignedSinceThePoll(p, reaches ? above.reaching : [], listed);
    if (since !== undefined) return { entitlement: since };
    const assigned = [
      ...(await this.#o.state.assignments.assignedGroups()),
      ...listed.flatMap(({ principal }) => (principal.kind === 'group' ? [principal.id] : [])),
    ];
    const entitling = [...this.entitlingGroups(assigned)];
    if (!reaches) return { entitling };
    const checked = [...new Set([...assigned, ...(await this.#includedGroups())])];
    if ((await this.#heldBy(p, checked)).length > 0) throw disagreement(p, 'memberships');
    return { entitling };
  }

  /** Whether membership in the group, which a check has confirmed, is of the sort that counts. */
  async #isReached(p: Principal, group: string): Promise<boolean> {
    const { directory, policy } = this.#o;
    if (policy.nesting.reach === 'transitive') return true;
    if ((await isDirectMember(directory, group, p)) !== false) return true;
    return (await directory.listMembers(group)).some(({ id }) => id === p.id);
  }

  /**
   * It may be assigned itself since then, or be in a group that is. That nothing is, the list of the application has to
   * say and the own one of each; its own was read before.
   */
  async #assignedSinceThePoll(
    p: Principal,
    reaching: readonly string[],
    listed: readonly Assignment[],
  ): Promise<Entitlement | undefined> {
    const { directory, applicationObjectId } = this.#o;
    const entitling = new Set([p.id, ...reaching]);
    let found = listed.filter(({ principal }) => entitling.has(principal.id));
    if (found.length === 0 && reaching.length > 0)
      found = await directory.listAssignmentsOfGroups(reaching, applicationObjectId);
    if (found.length === 0) return undefined;
    const roles = found.map(({ appRoleId }) => appRoleId);
    return { appRoles: readsAppRoles(this.#o.policy, p.kind) ? await this.#valuesOf(roles) : [] };
  }

  /** Those of the included ids that are groups: a check is asked about groups alone. */
  async #includedGroups(): Promise<readonly string[]> {
    const { include } = this.#o.policy.scope;
    if (include.size === 0) return [];
    if (this.#included === undefined || now() - this.#included.readAt > LIVES_MS) {
      const found = await this.#o.directory.getGroups([...include]);
      const ids = [...found].flatMap(([id, group]) => (group === undefined ? [] : [id]));
      this.#included = { readAt: now(), ids };
    }
    return this.#included.ids;
  }

  #isIncluded(id: string): boolean {
    return this.#o.policy.scope.include.has(id.toLowerCase());
  }

  async #valuesOf(appRoleIds: readonly string[]): Promise<string[]> {
    const values = await this.#roleValues();
    return [...new Set(appRoleIds.flatMap(id => values.get(id) ?? []))].sort();
  }

  async #roleValues(): Promise<ReadonlyMap<string, string>> {
    if (this.#roles === undefined || now() - this.#roles.readAt > LIVES_MS) {
      this.#roles = { readAt: now(), values: await readAppRoles(this.#o) };
    }
    return this.#roles.values;
  }
}

/**
 * Value of each app role of the enterprise application, by id.
 * @throws {SourceUnavailable} when the application is not found: that nobody has a role does not follow.
 */
export async function readAppRoles(
  source: Pick<SourceAccess, 'directory' | 'applicationObjectId'>,
): Promise<ReadonlyMap<string, string>> {
  const application = await readApplication(source);
  return new Map(application.appRoles.flatMap(({ id, value }) => (value === null ? [] : [[id, value]])));
}

/** Whether anything of the configuration depends on the app roles that a principal of that kind is assigned. */
export function readsAppRoles(policy: Pick<Policy, 'mappings' | 'scope'>, kind: PrincipalKind): boolean {
  return [policy.mappings[kind], policy.scope.filters[kind]].some(({ attributes }) =>
    attributes.includes('appRoleAssignments'),
  );
}

function disagreement(p: Principal, what: string): RetryLater {
  return new RetryLater(`two reads of a ${p.kind}'s ${what} disagree`, { afterMs: 60_000 });
}

/** A filter on groups lets somebody go only when a second, different read shows the same groups. */
export async function confirmFilterGroups(
  { directory, policy }: Pick<SourceAccess, 'directory' | 'policy'>,
  p: Principal,
  above: Above,
): Promise<void> {
  const { groups } = policy.scope.filters[p.kind];
  if (groups.length === 0) return;
  const held = await directory.checkMemberGroups(p, groups);
  if (held === undefined || held.some(id => !above.all.includes(id))) throw disagreement(p, 'memberships');
}
