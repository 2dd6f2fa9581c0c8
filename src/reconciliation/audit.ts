import { randomUUID } from 'node:crypto';
import { MAX_NAME_LENGTH, RESOURCE_LIMITS } from '../databricks/limits.ts';
import type { Assignment } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { type Principal, type PrincipalKind, principalKey } from '../identity/principal.ts';
import type { CompiledMapping } from '../mapping/attribute-mapping.ts';
import { compare } from '../planning/compare.ts';
import { withWorkspaces } from '../planning/compare-assignments.ts';
import type { ActualPicture } from '../planning/picture.ts';
import { type LimitReading, type LimitReadings, readLimits } from '../planning/resource-limits.ts';
import { assignmentHolds } from '../provisioning/assignment-holds.ts';
import { isLeftToUs } from '../provisioning/resolve-managed.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import { logWorkspaces, planWorkspaces } from './audit-workspaces.ts';
import { AuditWriter } from './audit-writer.ts';
import { groupsToTakeBack } from './groups-to-take-back.ts';
import { keptOff, withKeptOff } from './kept-off.ts';
import { leaversToReview } from './leavers-to-review.ts';
import { logOutside, outsideAccount } from './outside-account.ts';
import type { Plan } from './plan.ts';
import { takesOver, withoutProtected, withProtectedNames } from './protected-items.ts';
import { readDesired } from './read-source.ts';
import { type Progress, readActual, readKnown } from './read-target.ts';
import { findUnknownResources } from './unknown-resources.ts';

type Assigned = Pick<Assignment, 'principal'> & { readonly appRoleId?: string | undefined };

/** No replica of Graph lags by this much; a quarter of an hour has been seen. */
const REPLICAS_AGREE_AFTER_MS = 3_600_000;

/** Differences that are stored at the same time. */
const WRITES_AT_ONCE = 8;

/** Principals that a line about a limit names. */
const NAMED_IN_LOG = 10;

interface AuditOptions {
  readonly source: Omit<SourceAccess, 'policy'>;
  /** Ids of the account targets. */
  readonly accounts: readonly string[];
  readonly log: Logger;
}

/**
 * The full comparison of what the source says with what a target holds: dry run, initial cycle and drift repair are
 * this one code path, printed or written as rows.
 */
export class Audit {
  readonly #source: AuditOptions['source'];
  readonly #accounts: readonly string[];
  readonly #state: State;
  readonly #log: Logger;

  constructor({ source, accounts, log }: AuditOptions) {
    this.#source = source;
    this.#accounts = accounts;
    this.#state = source.state;
    this.#log = log;
  }

  /** Compares and writes nothing. */
  async plan(target: Target, assignments: readonly Assigned[], progress?: Progress): Promise<Plan> {
    const { policy } = target;
    const { directory } = this.#source;
    const read = await readDesired({ ...this.#source, target: target.id, policy, assignments });
    const desired = withKeptOff(read, await keptOff(this.#state, target.id));
    const readFrom = now();
    const before = await readKnown(this.#state, target.id, readFrom, policy.lifecycle);
    const ours = new Set(before.links.map(link => link.scimId));
    const wantedIds = new Set(desired.groups.keys());
    const actual = await readActual(
      target,
      group => ours.has(group.scimId) || (group.externalId !== undefined && wantedIds.has(group.externalId)),
      ['user', 'servicePrincipal', 'group'],
      progress,
    );
    // Read again: what was linked while we read the target is not to be taken for missing.
    const known = await readKnown(this.#state, target.id, readFrom, policy.lifecycle);
    const { aim } = await this.#state.targets.read(target.id);
    const { user, servicePrincipal, group } = policy.mappings;
    const keys = ({ matching }: CompiledMapping): string[] => matching.map(({ key }) => key);
    const workspaces = await planWorkspaces(target, known.links, desired);
    const compared = compare(desired, actual, known.links, {
      matching: { user: keys(user), servicePrincipal: keys(servicePrincipal), group: keys(group) },
      suffixLength: policy.groupNameConflict === 'suffix' ? MAX_NAME_LENGTH : undefined,
      managed: aim?.on === true ? isLeftToUs : undefined,
    });
    const items = [
      ...withProtectedNames(target, compared, desired),
      ...(await findUnknownResources(directory, actual, known.links, policy.lifecycle)),
      ...workspaces.items,
    ];
    const plan = {
      items: await withoutProtected(target, withWorkspaces(items, known.links, desired), {
        desired,
        links: known.links,
        log: this.#log,
      }),
      desired,
      actual,
      known,
      workspaces,
      outsideAccount:
        target.level === 'workspace' ? await outsideAccount(this.#state, this.#accounts, desired) : [],
    };
    return { ...plan, limits: readLimits(plan, target.resourceLimits ?? RESOURCE_LIMITS) };
  }

  /** Compares and makes every difference durable: as a link, a hold, or a backlog row. */
  async run(target: Target, assignments: readonly Assigned[]): Promise<Plan> {
    const startedAt = now();
    const { auditDue } = await this.#state.targets.read(target.id);
    await this.#reviewRemovals();
    const plan = await this.plan(target, assignments);
    const writer = new AuditWriter(this.#state, target.id, randomUUID(), startedAt);
    await this.#notePending(target.id, plan);
    await forEachAtOnce(plan.items, WRITES_AT_ONCE, item =>
      // What the target shows of these may be older than our last write; what the source wants of them may be new.
      plan.known.recent.has(principalKey(item.principal)) ? writer.look(item) : writer.write(item, plan),
    );
    for (const principal of await this.#toRevisit(target, plan)) await writer.revisit(principal);
    await this.#withdrawHolds(target.id, plan, startedAt);
    const firstIndex = !(await this.#state.targets.read(target.id)).indexed;
    // A target in which names would have to be taken over is not written to before a person has seen the plan.
    const waits = firstIndex && (target.planFirst === true || (await takesOver(target, plan, this.#log)));
    await this.#state.targets.update(target.id, state => ({
      ...state,
      indexed: true,
      planOnly: state.planOnly || waits,
      // A reason that came up meanwhile is another audit's.
      auditDue: state.auditDue === auditDue ? undefined : state.auditDue,
      lastAuditAt: startedAt,
      counts: countsOf(plan.actual),
      memberships: plan.known.links.reduce((n, { members = {} }) => n + Object.keys(members).length, 0),
      configuration: target.policy.fingerprint,
    }));
    this.#logLimits(target.id, plan.limits);
    logWorkspaces(this.#log, target.id, plan.workspaces);
    logOutside(this.#log, target.id, plan.outsideAccount);
    this.#log.info('audit-done', {
      target: target.id,
      differences: plan.items.length,
      users: plan.desired.users.size,
      servicePrincipals: plan.desired.servicePrincipals.size,
      groups: plan.desired.groups.size,
      tookMs: now() - startedAt,
    });
    return plan;
  }

  #logLimits(target: string, { exceeded, near }: LimitReadings): void {
    const log = (event: string, { principals, ...reading }: LimitReading): void =>
      this.#log.warn(event, {
        target,
        ...reading,
        principals: principals.slice(0, NAMED_IN_LOG).map(principalKey).join(' '),
        concerned: principals.length,
      });
    for (const reading of exceeded) log('limit-exceeded', reading);
    for (const reading of near) log('limit-near', reading);
  }

  /**
   * A restore may have fallen between two cursors: who was reported as removed long ago and is there is there. Only
   * long ago, since a replica that lags shows somebody who has just gone.
   */
  async #reviewRemovals(): Promise<void> {
    const { state, directory } = this.#source;
    const noted = await state.removals.notedBefore(now() - REPLICAS_AGREE_AFTER_MS);
    const ids = (kind: PrincipalKind) => noted.filter(p => p.kind === kind).map(({ id }) => id);
    const present = {
      user: await directory.getUsers(ids('user')),
      servicePrincipal: await directory.getServicePrincipals(ids('servicePrincipal')),
      group: await directory.getGroups(ids('group')),
    };
    for (const p of noted) if (present[p.kind].get(p.id) !== undefined) await state.removals.clear(p);
  }

  /** Whom no comparison shows, and no feed tells of: looked at once in every audit. */
  async #toRevisit({ id: target, policy }: Target, plan: Plan): Promise<Principal[]> {
    const holds = await this.#state.holds.list(target);
    // What a group hides may be visible by now, and who was about to leave may be in scope again.
    // Who was approved, and whose look nobody asked for any more, is found as well.
    const held = holds.flatMap(({ value: { kind, principal, approvedAt } }) =>
      approvedAt !== undefined ||
      kind === 'hidden-membership' ||
      kind === 'removal-limit' ||
      assignmentHolds.some(one => one === kind)
        ? [principal]
        : [],
    );
    return [
      ...(await groupsToTakeBack(this.#state, target, plan.known.links)),
      ...leaversToReview(plan, policy.lifecycle),
      // Whoever has the name may have given it back.
      ...(await keptOff(this.#state, target)),
      ...held,
      ...plan.workspaces.revisit,
      ...(plan.desired.followed ?? []).map(id => ({ kind: 'group' as const, id })),
    ];
  }

  /** Holds that only an audit decides about, and that this one no longer found a reason for. */
  async #withdrawHolds(target: string, plan: Plan, startedAt: number): Promise<void> {
    const wanted = new Set(
      plan.items
        .filter(({ action }) => action === 'unknown-in-source')
        .map(({ principal }) => principalKey(principal)),
    );
    for (const { value } of await this.#state.holds.list(target)) {
      if (value.kind !== 'unknown-in-source' || value.heldAt >= startedAt) continue;
      if (!wanted.has(principalKey(value.principal)))
        await this.#state.holds.withdraw(target, value.principal);
    }
  }

  /**
   * Whom the groups wait for, before any row: a look at somebody without a link, an assignment or a group that waits
   * for him ends at once. Disabled members are among them, so that enabling them is not taken for irrelevant.
   */
  async #notePending(target: string, { desired, known }: Plan): Promise<void> {
    const linked = new Set(known.links.map(link => principalKey(link.principal)));
    const wanted = {
      user: desired.users,
      servicePrincipal: desired.servicePrincipals,
      group: desired.groups,
    };
    for (const [group, { members }] of desired.groups) {
      const unlinked = [...members].filter(([id, kind]) => !linked.has(`${kind}:${id}`));
      const toCreate = unlinked.filter(([id, kind]) => wanted[kind].has(id)).map(([id]) => id);
      const disabled = unlinked.filter(([id, kind]) => !wanted[kind].has(id)).map(([id]) => id);
      await this.#state.memberIndex.addWanted(target, group, toCreate);
      await this.#state.memberIndex.addPending(target, group, toCreate);
      await this.#state.memberIndex.addAsleep(target, group, disabled);
    }
  }
}

function countsOf({ resources }: ActualPicture): { accounts: number; groups: number } {
  const { user, servicePrincipal, group } = resources;
  return { accounts: user.length + servicePrincipal.length, groups: group.length };
}
