import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Assignment } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import type { Logger } from '../identity/logger.ts';
import type { Principal } from '../identity/principal.ts';
import { readApplication } from '../provisioning/source-application.ts';
import { isDeleted } from '../provisioning/source-evidence.ts';
import type { StoredAssignment } from '../state/source-state.ts';
import type { State } from '../state/state.ts';
import { AssignmentDoubt } from './assignment-doubt.ts';

/** Ended assignments that are confirmed at the same time. */
const READS_AT_ONCE = 8;

export interface AssignmentChanges {
  readonly started: readonly StoredAssignment[];
  readonly ended: readonly StoredAssignment[];
}

/**
 * Compares the assignments of the enterprise application, which have neither notifications nor a delta, with those
 * of the last read. Two steps, so that a crash between them repeats what was found instead of losing it.
 */
export class AssignmentPass {
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #applicationObjectId: string;
  readonly #doubt: AssignmentDoubt;

  constructor(o: { state: State; directory: GraphDirectory; applicationObjectId: string; log: Logger }) {
    this.#state = o.state;
    this.#directory = o.directory;
    this.#applicationObjectId = o.applicationObjectId;
    this.#doubt = new AssignmentDoubt(o.state.source, o.log);
  }

  /** The complete list. @throws {SourceUnavailable} when the application is gone: an empty list would say "nobody". */
  async list(): Promise<Assignment[]> {
    await readApplication({ directory: this.#directory, applicationObjectId: this.#applicationObjectId });
    return this.#directory.listAssignments(this.#applicationObjectId);
  }

  /** What counts as assigned: also what a list lacked without a second read that agrees. */
  async current(): Promise<Pick<Assignment, 'principal'>[]> {
    return (await this.#state.assignments.all()).filter(({ phase }) => phase !== 'ended');
  }

  /** Notes what is new and what has ended. What it returns is repeated until {@link settle} was called for it. */
  async find(listed: readonly Assignment[]): Promise<AssignmentChanges> {
    const stored = new Map((await this.#state.assignments.all()).map(entry => [keyOf(entry), entry]));
    const current = new Map(listed.map(entry => [keyOf(entry), entry]));
    const missing = [...stored].filter(([key]) => !current.has(key)).map(([, entry]) => entry);
    const absent: StoredAssignment[] = [];
    await forEachAtOnce(missing, READS_AT_ONCE, async entry => {
      const own = entry.phase === 'ended' ? [] : await this.#ownOf(entry.principal);
      // What replaced it, with another role say, the list may lack just as well.
      for (const assignment of own ?? []) current.set(keyOf(assignment), assignment);
      if (own !== undefined) absent.push(entry);
    });
    // Once everybody was asked: of two reads of one principal, either may show what the other lacks.
    const ended = absent.filter(entry => !current.has(keyOf(entry)));
    const started: StoredAssignment[] = [];
    for (const [key, { id, principal, appRoleId }] of current) {
      const before = stored.get(key);
      if (before?.phase === 'current' && before.appRoleId === appRoleId) continue;
      const entry: StoredAssignment = { id, principal, appRoleId, phase: 'new' };
      if (before?.phase !== 'new') await this.#state.assignments.put(entry);
      started.push(entry);
    }
    // After what replaces them: whoever dies in between must not have forgotten it.
    await forEachAtOnce(ended, READS_AT_ONCE, async entry => {
      if (entry.phase !== 'ended') await this.#state.assignments.put({ ...entry, phase: 'ended' });
    });
    await this.#doubt.note(missing.length - ended.length, stored.size);
    return { started, ended };
  }

  /**
   * The second, different read before an assignment counts as ended: the principal's own. A list that lies would
   * otherwise take everybody's access away who is in scope through an assigned group.
   * @returns undefined where nobody can tell: the principal does not show, and is not known to be deleted
   */
  async #ownOf(p: Principal): Promise<readonly Assignment[] | undefined> {
    const own = await this.#directory.listOwnAssignments(p, this.#applicationObjectId);
    if (own !== undefined) return own;
    return (await isDeleted({ state: this.#state, directory: this.#directory }, p)) ? [] : undefined;
  }

  /** Everything that follows from these is durable. */
  async settle({ started, ended }: AssignmentChanges): Promise<void> {
    await forEachAtOnce(started, READS_AT_ONCE, entry =>
      this.#state.assignments.put({ ...entry, phase: 'current' }),
    );
    await forEachAtOnce(ended, READS_AT_ONCE, entry => this.#state.assignments.remove(entry));
  }
}

function keyOf({ id, principal }: Pick<StoredAssignment, 'id' | 'principal'>): string {
  return `${principal.kind}|${principal.id}|${id}`;
}
