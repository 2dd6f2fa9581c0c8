import { randomUUID } from 'node:crypto';
import { CursorLost } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { DeltaChange } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { type PrincipalKind, principalKind } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import type { SourceQuarantine } from '../provisioning/source-quarantine.ts';
import type { Target } from '../provisioning/target.ts';
import type { Row } from '../state/row-store.ts';
import type { Cursor } from '../state/source-state.ts';
import type { State } from '../state/state.ts';
import type { AssignmentChanges, AssignmentPass } from './assignment-pass.ts';
import type { NotificationWatch } from './notification-watch.ts';
import { PollTarget } from './poll-target.ts';

/** Changes of a feed whose relevance is looked up at the same time. */
const READS_AT_ONCE = 16;

/** How long a cursor is kept while its feed has nothing to tell, in milliseconds. Graph keeps them for seven days. */
const CURSOR_KEPT_MS = 10 * 60_000;

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
  readonly #targets: readonly Target[];
  readonly #source: SourceQuarantine;
  readonly #notifications: NotificationWatch;
  readonly #log: Logger;

  constructor(o: {
    state: State;
    directory: GraphDirectory;
    queue: ChangeQueue;
    assignments: AssignmentPass;
    targets: readonly Target[];
    source: SourceQuarantine;
    notifications: NotificationWatch;
    log: Logger;
  }) {
    this.#state = o.state;
    this.#directory = o.directory;
    this.#queue = o.queue;
    this.#assignments = o.assignments;
    this.#targets = o.targets;
    this.#source = o.source;
    this.#notifications = o.notifications;
    this.#log = o.log;
  }

  async run(): Promise<void> {
    // What was heard of a source in quarantine waits, and what is not heard of its cursors keep.
    if (await this.#source.isOpen()) {
      try {
        return await this.#readAll();
      } catch (error) {
        if (!(await this.#source.explains(error))) throw error;
      }
    }
    // The quarantine has an alert of its own: that polls go on is true all the same.
    this.#log.info('polled', { sourceQuarantined: true });
  }

  async #readAll(): Promise<void> {
    const polled = this.#targets.map(target => new PollTarget(this.#state, target));
    const cursors = new Map<Feed, Row<Cursor>>();
    for (const feed of FEEDS) {
      const cursor = await this.#state.cursors.read(feed);
      if (cursor === undefined) await this.#startFeed(polled, feed, 'first run');
      // A feed tells of the properties that it was started with, and of no others.
      else if (cursor.value.select !== this.#directory.selectOf(feed))
        await this.#startFeed(polled, feed, `other ${feed} properties are read`);
      else cursors.set(feed, cursor);
    }
    const readFeed = (feed: Feed, take: (target: PollTarget, change: DeltaChange) => Promise<void>) =>
      attempt(() => this.#feed(polled, feed, cursors.get(feed), take));
    // What waits is worked off, and one feed is read, whatever is wrong with another.
    const failed: unknown[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => failed.push(error));
    };
    let heard: AssignmentChanges = { started: [], ended: [] };
    await attempt(async () => {
      heard = await this.#assignmentChanges(polled);
      await this.#send(polled);
      await this.#assignments.settle(heard);
    });
    await attempt(async () => {
      for (const target of polled) await target.graces();
    });
    await readFeed('user', (target, change) => target.account(change));
    await readFeed('servicePrincipal', (target, change) => target.account(change));
    await readFeed('group', (target, change) => target.group(change));
    await attempt(() => this.#pump());
    if (failed.length > 0)
      throw failed.length === 1 ? failed[0] : new AggregateError(failed, 'parts of the poll failed');
    const { started, ended } = heard;
    const sum = (of: 'revocations' | 'changes') => polled.reduce((n, { round }) => n + round.counts[of], 0);
    this.#log.info('polled', {
      started: started.length,
      ended: ended.length,
      revocations: sum('revocations'),
      changes: sum('changes'),
    });
  }

  async #pump(): Promise<void> {
    for (const { id } of this.#targets) {
      // A quarantined one needs its owner for the next probe, also while nothing waits for it.
      const { quarantine } = await this.#state.targets.read(id);
      if (quarantine?.disabledAt !== undefined) continue;
      if (quarantine !== undefined || (await this.#state.backlog.hasRows(id))) await this.#queue.sendPump(id);
    }
  }

  /** Until one target was compared, what began is kept as new: the first audit takes it up. */
  async #assignmentChanges(polled: readonly PollTarget[]): Promise<AssignmentChanges> {
    const found = await this.#assignments.find(await this.#assignments.list());
    const indexed = new Set<PollTarget>();
    for (const target of polled) if (await target.audits.isIndexed()) indexed.add(target);
    for (const target of polled) await target.assignments(found, indexed.has(target));
    if (indexed.size === 0) return { started: [], ended: found.ended };
    // What is settled for one is settled for all: a first audit that is running may have read the assignments before.
    if (found.started.length > 0)
      for (const target of polled)
        if (!indexed.has(target)) await target.audits.ask('assignments began during the first audit');
    return found;
  }

  /** Reads one feed to its end; its changes are durable before the cursor moves. */
  async #feed(
    polled: readonly PollTarget[],
    feed: Feed,
    known: Row<Cursor> | undefined,
    take: (target: PollTarget, change: DeltaChange) => Promise<void>,
  ): Promise<void> {
    const cursor = known ?? (await this.#state.cursors.read(feed));
    if (cursor === undefined) return;
    try {
      const { changes, deltaLink } = await this.#directory.readDelta(cursor.value.deltaLink);
      for (const target of polled)
        await forEachAtOnce(changes, READS_AT_ONCE, change => take(target, change));
      await this.#send(polled);
      if (changes.length > 0) await this.#notifications.pollFound(feed);
      const { select, savedAt } = cursor.value;
      // Nothing was told, so that the old cursor tells the same as the new one; it must only not grow too old.
      if (changes.length === 0 && now() - savedAt < CURSOR_KEPT_MS) return;
      await this.#state.cursors.advance(feed, cursor, { deltaLink, savedAt: now(), select });
    } catch (error) {
      if (!(error instanceof CursorLost)) throw error;
      this.#log.warn('cursor-lost', { feed });
      await this.#startFeed(polled, feed, `the ${feed} feed had to be started anew`);
    }
  }

  /**
   * Starts a feed at this moment. What it does not tell of any more is the audit's, which is made sure of first; it
   * reads both sides only after that, so that nothing falls between.
   */
  async #startFeed(polled: readonly PollTarget[], feed: Feed, reason: string): Promise<void> {
    const ask = async () => {
      for (const { audits } of polled) await audits.ask(reason);
    };
    await ask();
    const deltaLink = await this.#directory.startDelta(feed);
    const select = this.#directory.selectOf(feed);
    await this.#state.cursors.restart(feed, { deltaLink, savedAt: now(), select });
    // Once more: an audit that began before the new cursor did has not read what falls between.
    await ask();
  }

  async #send(polled: readonly PollTarget[]): Promise<void> {
    const heardAt = now();
    const changes = polled.flatMap(({ round }) =>
      round.takeChanges().map(principal => ({
        target: round.target,
        principal,
        cause: 'poll' as const,
        heardAt,
        correlationId: randomUUID(),
      })),
    );
    await this.#queue.sendChanges(changes);
  }
}
