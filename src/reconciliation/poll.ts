import { randomUUID } from 'node:crypto';
import { CursorLost } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { DeltaChange } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import type { RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { type Principal, type PrincipalKind, principalKey, principalKind } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import { readsAppRoles } from '../provisioning/entitlement.ts';
import { coversAll, type Policy } from '../provisioning/policy.ts';
import type { State } from '../state/state.ts';
import type { AssignmentChanges, AssignmentPass } from './assignment-pass.ts';

/** Changes of a feed whose relevance is looked up at the same time. */
const READS_AT_ONCE = 16;

const FEEDS = principalKind.options;
type Feed = PrincipalKind;

/**
 * The fast lane for revocations, and the upper bound on how late we hear of anything: advances the delta cursors and
 * compares the assignments. What these prove goes into revoke rows, everything else into changes, and only then is
 * the cursor saved.
 */
export class Poll {
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #queue: ChangeQueue;
  readonly #assignments: AssignmentPass;
  readonly #targets: readonly string[];
  readonly #policy: Policy;
  readonly #log: Logger;

  constructor(o: {
    state: State;
    directory: GraphDirectory;
    queue: ChangeQueue;
    assignments: AssignmentPass;
    targets: readonly string[];
    policy: Policy;
    log: Logger;
  }) {
    this.#state = o.state;
    this.#policy = o.policy;
    this.#directory = o.directory;
    this.#queue = o.queue;
    this.#assignments = o.assignments;
    this.#targets = o.targets;
    this.#log = o.log;
  }

  async run(): Promise<void> {
    for (const feed of FEEDS) {
      const cursor = await this.#state.cursors.read(feed);
      if (cursor === undefined) await this.#startFeed(feed, 'first run');
      // A feed tells of the properties that it was started with, and of no others.
      else if (cursor.value.select !== this.#directory.selectOf(feed))
        await this.#startFeed(feed, `other ${feed} properties are read`);
    }
    const round = new PollRound(this.#state, this.#targets, this.#policy);
    const { started, ended } = await this.#assignmentChanges();
    for (const { principal } of ended) await round.revoke(principal);
    await this.#auditUnwritten(ended);
    await this.#auditRoles([...started, ...ended]);
    for (const { principal } of started) round.change(principal);
    await this.#send(round);
    await this.#assignments.settle({ started, ended });
    await this.#endGraces(round);
    await this.#feed('user', change => this.#accountChange(round, change), round);
    await this.#feed('servicePrincipal', change => this.#accountChange(round, change), round);
    await this.#feed('group', change => this.#groupChange(round, change), round);
    for (const target of this.#targets) {
      if (await this.#state.backlog.hasRows(target)) await this.#queue.sendPump(target);
    }
    this.#log.info('polled', { started: started.length, ended: ended.length, ...round.counts });
  }

  /** What began before the first audit is that audit's: the initial load is no flood of live changes. */
  async #assignmentChanges(): Promise<AssignmentChanges> {
    const found = await this.#assignments.find(await this.#assignments.list());
    return (await this.#isIndexed()) ? found : { started: [], ended: found.ended };
  }

  async #isIndexed(): Promise<boolean> {
    for (const target of this.#targets) {
      if (!(await this.#state.targets.read(target)).indexed) return false;
    }
    return true;
  }

  /**
   * A group that has no resource, because it is held say, has no record of its members either: when its assignment
   * ends, only a comparison finds whose accounts it was the reason for.
   */
  async #auditUnwritten(ended: AssignmentChanges['ended']): Promise<void> {
    for (const { principal } of ended) {
      if (principal.kind !== 'group') continue;
      for (const target of this.#targets) {
        if ((await this.#state.links.get(target, principal))?.value.status === 'linked') continue;
        await this.#askForAudit('a group without a resource left the scope');
        return;
      }
    }
  }

  /** Members of a group hold its roles, and no feed tells them of a role that the group gets or loses. */
  async #auditRoles(changed: AssignmentChanges['started']): Promise<void> {
    const isRead = readsAppRoles(this.#policy, 'user') || readsAppRoles(this.#policy, 'servicePrincipal');
    if (isRead && (await this.#isIndexed()) && changed.some(({ principal }) => principal.kind === 'group'))
      await this.#askForAudit('app roles of a group changed');
  }

  /** Whose grace period has ended is looked at. */
  async #endGraces(round: PollRound): Promise<void> {
    for (const target of this.#targets) {
      for (const p of await this.#state.graces.endedBy(target, now())) {
        await round.revoke(p);
        await this.#state.graces.clear(target, p);
      }
    }
  }

  /** Reads one feed to its end; its changes are durable before the cursor moves. */
  async #feed(feed: Feed, take: (change: DeltaChange) => Promise<void>, round: PollRound): Promise<void> {
    const cursor = await this.#state.cursors.read(feed);
    if (cursor === undefined) return;
    try {
      const { changes, deltaLink } = await this.#directory.readDelta(cursor.value.deltaLink);
      await forEachAtOnce(changes, READS_AT_ONCE, take);
      await this.#send(round);
      const { select } = cursor.value;
      await this.#state.cursors.advance(feed, cursor, { deltaLink, savedAt: now(), select });
    } catch (error) {
      if (!(error instanceof CursorLost)) throw error;
      this.#log.warn('cursor-lost', { feed });
      await this.#startFeed(feed, `the ${feed} feed had to be started anew`);
    }
  }

  /**
   * Starts a feed at this moment. What it does not tell of any more is the audit's, which is made sure of first; it
   * reads both sides only after that, so that nothing falls between.
   */
  async #startFeed(feed: Feed, reason: string): Promise<void> {
    await this.#askForAudit(reason);
    const deltaLink = await this.#directory.startDelta(feed);
    const select = this.#directory.selectOf(feed);
    await this.#state.cursors.restart(feed, { deltaLink, savedAt: now(), select });
    // Once more: an audit that began before the new cursor did has not read what falls between.
    await this.#askForAudit(reason);
  }

  /** Each time with a reason of its own, so that an audit that is running does not take it for the one it answers. */
  async #askForAudit(reason: string): Promise<void> {
    const auditDue = `${reason} (${randomUUID()})`;
    for (const target of this.#targets) {
      await this.#state.targets.update(target, state => ({ ...state, auditDue }));
    }
  }

  async #accountChange(round: PollRound, change: DeltaChange): Promise<void> {
    const p: Principal = { kind: change.kind, id: change.id };
    if (!(await round.concerns(p))) return;
    if (change.removed !== undefined) {
      await this.#state.removals.note(p, now());
      await round.revoke(p);
      return;
    }
    await this.#state.removals.clear(p);
    if (change.accountEnabled === false) await round.revoke(p);
    else round.change(p);
  }

  async #groupChange(round: PollRound, change: DeltaChange): Promise<void> {
    const p: Principal = { kind: 'group', id: change.id };
    const ancestors = (await this.#state.nesting.ancestorsOf(change.id)).map(id => ({
      kind: 'group' as const,
      id,
    }));
    await this.#filterGroupChange(round, change);
    if (ancestors.length === 0 && !(await round.concerns(p))) return;
    if (change.removed !== undefined) await this.#state.removals.note(p, now());
    else await this.#state.removals.clear(p);
    const takesAway = change.removed !== undefined || change.removedMembers.length > 0;
    for (const group of [p, ...ancestors]) {
      if (takesAway) await round.revoke(group);
      else round.change(group);
    }
    for (const member of change.removedMembers) {
      if (member.kind !== 'other') await round.revokeIfConcerned({ kind: member.kind, id: member.id });
    }
  }

  /** Members of a group that a filter names come into scope, or leave it, by that alone. */
  async #filterGroupChange(
    round: PollRound,
    { id, addedMembers, removedMembers }: DeltaChange,
  ): Promise<void> {
    const { filters } = this.#policy.scope;
    if (!Object.values(filters).some(({ groups }) => groups.includes(id))) return;
    for (const { kind, id: member } of [...addedMembers, ...removedMembers]) {
      if (kind === 'group') await this.#askForAudit('nesting changed below a group that a filter names');
      else if (kind !== 'other') await round.changeIfConcerned({ kind, id: member });
    }
  }

  async #send(round: PollRound): Promise<void> {
    const heardAt = now();
    const changes = round.takeChanges();
    await this.#queue.sendChanges(
      changes.flatMap(principal =>
        this.#targets.map(target => ({
          target,
          principal,
          cause: 'poll' as const,
          heardAt,
          correlationId: randomUUID(),
        })),
      ),
    );
  }
}

/** What one poll collects. A principal that is revoked needs no change besides: the look does both. */
class PollRound {
  readonly #state: State;
  readonly #targets: readonly string[];
  readonly #policy: Policy;
  readonly #revoked = new Set<string>();
  readonly #changed = new Map<string, Principal>();
  #sent = 0;

  constructor(state: State, targets: readonly string[], policy: Policy) {
    this.#state = state;
    this.#targets = targets;
    this.#policy = policy;
  }

  get counts(): { revocations: number; changes: number } {
    return { revocations: this.#revoked.size, changes: this.#sent };
  }

  change(p: Principal): void {
    if (!this.#revoked.has(principalKey(p))) this.#changed.set(principalKey(p), p);
  }

  async revoke(p: Principal): Promise<void> {
    await this.#row(p, 'revoke');
    this.#revoked.add(principalKey(p));
    this.#changed.delete(principalKey(p));
  }

  async revokeIfConcerned(p: Principal): Promise<void> {
    if (!this.#revoked.has(principalKey(p)) && (await this.concerns(p))) await this.revoke(p);
  }

  async changeIfConcerned(p: Principal): Promise<void> {
    if (await this.concerns(p)) this.change(p);
  }

  /** By what we store and the configuration alone: no link, nobody waiting for him and no assignment means that nothing can follow. */
  async concerns(p: Principal): Promise<boolean> {
    if (coversAll(this.#policy, p) || this.#policy.scope.include.has(p.id.toLowerCase())) return true;
    if (await this.#state.assignments.has(p)) return true;
    for (const target of this.#targets) {
      if ((await this.#state.links.get(target, p)) !== undefined) return true;
      if (p.kind !== 'group' && (await this.#state.memberIndex.isAwaited(target, p.id))) return true;
    }
    return false;
  }

  takeChanges(): Principal[] {
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    this.#sent += changes.length;
    return changes;
  }

  async #row(principal: Principal, rowClass: RowClass): Promise<void> {
    const at = now();
    for (const target of this.#targets) {
      await this.#state.backlog.put(
        { target, principal, cause: 'poll', notBefore: at, heardAt: at, correlationId: randomUUID() },
        rowClass,
      );
    }
  }
}
