import { randomUUID } from 'node:crypto';
import { CursorLost } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { DeltaChange } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { type Principal, type PrincipalKind, principalKind } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import { coversAll, type Policy } from '../provisioning/policy.ts';
import type { State } from '../state/state.ts';
import { formerHolder, servicePrincipalsIn } from './affected-accounts.ts';
import type { AssignmentChanges, AssignmentPass } from './assignment-pass.ts';
import { AuditRequests } from './audit-requests.ts';
import { PollRound } from './poll-round.ts';

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
  readonly #audits: AuditRequests;
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
    this.#audits = new AuditRequests(o);
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
    for (const { principal } of ended) await this.#assignmentEnded(round, principal);
    await this.#audits.afterEnded(ended);
    await this.#audits.afterRoles([...started, ...ended]);
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
    return (await this.#audits.isIndexed()) ? found : { started: [], ended: found.ended };
  }

  async #assignmentEnded(round: PollRound, p: Principal): Promise<void> {
    await round.revoke(p);
    if (p.kind !== 'group' || !coversAll(this.#policy, p)) return;
    for (const target of this.#targets)
      for (const member of await servicePrincipalsIn(this.#state, target, p.id)) await round.revoke(member);
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
    await this.#audits.ask(reason);
    const deltaLink = await this.#directory.startDelta(feed);
    const select = this.#directory.selectOf(feed);
    await this.#state.cursors.restart(feed, { deltaLink, savedAt: now(), select });
    // Once more: an audit that began before the new cursor did has not read what falls between.
    await this.#audits.ask(reason);
  }

  async #accountChange(round: PollRound, change: DeltaChange): Promise<void> {
    const p: Principal = { kind: change.kind, id: change.id };
    for (const target of this.#targets) {
      const holder = await formerHolder(this.#state, target, change);
      if (holder !== undefined) await round.revoke(holder);
    }
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
    await this.#audits.afterUnnesting(change, ancestors.length > 0);
    const takesAway = change.removed !== undefined || change.removedMembers.length > 0;
    for (const group of [p, ...ancestors]) {
      if (takesAway) await round.revoke(group);
      else round.change(group);
    }
    for (const member of change.removedMembers) {
      if (member.kind !== 'other') await round.revokeIfConcerned({ kind: member.kind, id: member.id });
    }
    if (this.#audits.readsRolesOfAccounts()) await this.#rolesByMembership(round, change);
  }

  /** Whoever joins a group gets its app roles, which nothing about himself shows; so do members of a nested group. */
  async #rolesByMembership(round: PollRound, { addedMembers, removedMembers }: DeltaChange): Promise<void> {
    if ([...addedMembers, ...removedMembers].some(({ kind }) => kind === 'group'))
      await this.#audits.ask('nesting changed below a group that may have app roles');
    for (const { kind, id } of addedMembers)
      if (kind === 'user' || kind === 'servicePrincipal') await round.changeIfConcerned({ kind, id });
  }

  /** Members of a group that a filter names come into scope, or leave it, by that alone. */
  async #filterGroupChange(
    round: PollRound,
    { id, addedMembers, removedMembers }: DeltaChange,
  ): Promise<void> {
    const { filters } = this.#policy.scope;
    if (!Object.values(filters).some(({ groups }) => groups.includes(id))) return;
    for (const { kind, id: member } of [...addedMembers, ...removedMembers]) {
      if (kind === 'group') await this.#audits.ask('nesting changed below a group that a filter names');
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
