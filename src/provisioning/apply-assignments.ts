import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { Permanent, RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { type AssignmentStep, decideAssignment, oursOf } from '../planning/workspace-assignment.ts';
import { type HoldKind, holdKinds } from '../state/holds.ts';
import type { Link, LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { StoredAssignment } from '../state/stored-assignment.ts';
import { assignmentHolds } from './assignment-holds.ts';
import { kinds } from './kinds.ts';
import { type Outcome, outcomeOf, type Write } from './outcome.ts';
import type { Policy } from './policy.ts';
import { BEYOND_LIMIT, type RemovalGuard } from './removal-guard.ts';
import { INTENT_SETTLES_MS } from './resource-run.ts';
import type { WantedWorkspace } from './target.ts';
import { gateOf } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';
import { type Assignable, WorkspaceDoor } from './workspace-door.ts';

const NOTHING: Outcome = outcomeOf([], [], false);

/** One look at one principal's assignments, and what came of it so far. */
interface Run {
  readonly session: TargetSession;
  readonly p: Principal;
  readonly writes: Write[];
  /** Workspaces, and why they wait, by kind of hold. */
  readonly held: Map<HoldKind, Map<string, string>>;
  row: LinkRow;
  unfinished: RetryLater | Permanent | undefined;
}

/**
 * The last part of a look: brings what a linked principal may do in the account's workspaces to what the configuration
 * says. What we gave is kept with the link, and nothing else is ever taken away.
 */
export class AssignmentApplier {
  readonly #state: State;
  readonly #policy: Policy;
  readonly #guard: RemovalGuard;
  readonly #door = new WorkspaceDoor();

  constructor(state: State, policy: Policy, guard: RemovalGuard) {
    this.#state = state;
    this.#policy = policy;
    this.#guard = guard;
  }

  async apply(session: TargetSession, change: Change): Promise<Outcome> {
    const { workspaces, id: target } = session.target;
    if (workspaces === undefined) return NOTHING;
    const p = change.principal;
    const row = await this.#state.links.get(target, p);
    if (row?.value.status !== 'linked') return NOTHING;
    const places = await this.#places(session, row.value, workspaces.wanted);
    // What an earlier configuration led to is put in order by audits.
    if (places.length === 0 && change.cause !== 'audit') return NOTHING;
    const isOpen =
      places.some(place => this.#differs(row.value, place)) &&
      gateOf(await this.#state.targets.recent(target)) === 'open';
    const run: Run = {
      session,
      p,
      writes: [],
      held: new Map(),
      row,
      unfinished: undefined,
    };
    for (const place of places) {
      if (place.permission !== undefined && !isOpen) continue;
      if (this.#differs(run.row.value, place)) await this.#settle(run, place);
    }
    await this.#keepHolds(run);
    const outcome = outcomeOf(run.writes, [...run.held.keys()], false);
    const deferred = !isOpen && places.some(place => place.permission && this.#differs(row.value, place));
    return { ...outcome, unfinished: run.unfinished, deferred };
  }

  /** Nothing is taken from who is protected, ourselves first of all. */
  async #places(session: TargetSession, link: Link, wanted: readonly WantedWorkspace[]): Promise<Place[]> {
    const places = placesOf(wanted, link);
    const given = places.filter(({ permission }) => permission !== undefined);
    if (given.length === places.length) return places;
    const { own } = session.target;
    const isOurs = async (): Promise<boolean> =>
      own !== undefined &&
      kinds[link.principal.kind].isAccount &&
      own.is(link, session.request, ask => session.send(ask, { operation: 'get' }));
    const isProtected = this.#policy.protectedObjectIds.has(link.principal.id.toLowerCase());
    return isProtected || (await isOurs()) ? given : places;
  }

  /** Whether anything may be left to do. Nobody is given anything who left, and leavers keep what is not taken away. */
  #differs(link: Link, { workspaceId, permission }: Place): boolean {
    const known = knownIn(link, workspaceId);
    if (permission === undefined) return true;
    const isPresent = link.leaving === undefined && link.written.active !== false;
    const isSettled = known?.permission === permission && known.intent === undefined && !known.uncertain;
    return isPresent && !isSettled;
  }

  async #settle(run: Run, place: Place): Promise<void> {
    const { workspaceId } = place;
    try {
      // Two who lose ADMIN at the same time would each take the other for the one who keeps it.
      const refusal = await this.#door.alone(workspaceId, () => this.#bring(run, place));
      if (refusal !== undefined) hold(run, refusal.kind, workspaceId, refusal.cause);
    } catch (error) {
      // One workspace in trouble keeps nobody out of the others.
      if (!(error instanceof RetryLater || error instanceof Permanent)) throw error;
      run.unfinished ??= error;
    }
  }

  async #bring(
    run: Run,
    { workspaceId, permission: wanted, assert }: Place,
  ): Promise<{ kind: HoldKind; cause: string } | undefined> {
    const { session } = run;
    const scimId = run.row.value.scimId ?? '';
    const known = knownIn(run.row.value, workspaceId);
    session.admit('write', wanted === undefined ? 'revoke' : 'grant');
    const shown = await this.#door.read(session, workspaceId);
    if ('refused' in shown) return { kind: 'workspace-assignment', cause: shown.refused };
    const actual = shown.principals.find(({ principalId }) => principalId === scimId)?.permission;
    const ours = oursOf(known);
    const replacedUser = known?.replacedUser === true;
    const step = decideAssignment({ wanted, actual, ours, replacedUser, assert });
    if (step.action === 'none') {
      awaitSettled(known, wanted);
      await this.#close(run, workspaceId, wanted, wanted !== undefined && ours.has(wanted));
      return undefined;
    }
    if (
      step.takesAdmin &&
      !(await this.#door.hasAnotherAdmin(session, workspaceId, shown.principals, scimId))
    )
      return { kind: 'last-admin', cause: 'nobody else who is active is ADMIN of the workspace' };
    const intended = step.action === 'assign' ? step.permission : undefined;
    awaitSettled(known, intended);
    if (!(await this.#mayTake(run, step, workspaceId)))
      return { kind: 'assignment-removal-limit', cause: BEYOND_LIMIT };
    await this.#store(run, workspaceId, {
      ...(known ?? { scimId, ours: false }),
      replacedUser: replacedUser || (actual === 'USER' && !ours.has('USER') && intended === 'ADMIN'),
      intent: { permission: intended, at: now(), epoch: session.epoch },
    });
    const refused = await this.#door.write(session, workspaceId, scimId, intended);
    if (refused !== undefined) {
      await this.#store(run, workspaceId, known);
      return { kind: 'workspace-assignment', cause: refused };
    }
    if (step.takesAdmin) this.#door.noteTaken(workspaceId, scimId);
    run.writes.push(writeOf(run.p, step, workspaceId, scimId));
    await this.#close(run, workspaceId, wanted, true);
    return undefined;
  }

  /** What is taken from somebody who stays, the guard has to let go. */
  async #mayTake({ session, p, row }: Run, step: AssignmentStep, workspaceId: string): Promise<boolean> {
    const takes = step.action === 'remove' || (step.action === 'assign' && step.takesAdmin);
    const isAway = row.value.leaving !== undefined || row.value.written.active === false;
    if (!takes || isAway) return true;
    return this.#guard.admits(session.target.id, p, 'grants', [workspaceId], 'assignment-removal-limit');
  }

  /** As wanted now, by our write or somebody else's. */
  async #close(run: Run, workspaceId: string, wanted: Assignable, isOurs: boolean): Promise<void> {
    const known = knownIn(run.row.value, workspaceId);
    const { scimId = '' } = run.row.value;
    const record = { scimId, permission: wanted, ours: isOurs, replacedUser: known?.replacedUser };
    await this.#store(run, workspaceId, wanted === undefined ? undefined : { ...record, writtenAt: now() });
  }

  async #store(run: Run, workspaceId: string, known: StoredAssignment | undefined): Promise<void> {
    const { [workspaceId]: _before, ...others } = run.row.value.workspaces ?? {};
    const workspaces = known === undefined ? others : { ...others, [workspaceId]: known };
    run.row = await this.#state.links.replace(run.session.target.id, run.row, {
      ...run.row.value,
      workspaces: Object.keys(workspaces).length === 0 ? undefined : workspaces,
    });
  }

  async #keepHolds({ session, p, held, unfinished }: Run): Promise<void> {
    const { holds } = this.#state;
    for (const [kind, places] of held) {
      const cause = [...places].map(([id, why]) => `workspace ${id}: ${why}`).join('; ');
      await holds.hold(session.target.id, { kind, principal: p, ids: [...places.keys()], cause }, now());
    }
    // What could not be asked about is held as before.
    if (unfinished !== undefined) return;
    const over = assignmentHolds.filter(kind => !held.has(kind));
    await holds.withdraw(
      session.target.id,
      p,
      holdKinds.filter(kind => !over.some(one => one === kind)),
    );
  }
}

/** What is to be looked at in one workspace. Without a permission: what we gave there is no longer wanted. */
interface Place {
  readonly workspaceId: string;
  readonly permission: Assignable;
  readonly assert: boolean;
}

function placesOf(wanted: readonly WantedWorkspace[], link: Link): Place[] {
  const named = wanted.flatMap(({ workspaceId, assignments, assert }): Place[] => {
    const permission = assignments.get(link.principal.id.toLowerCase());
    return permission === undefined ? [] : [{ workspaceId, permission, assert }];
  });
  const left = Object.keys(link.workspaces ?? {}).filter(
    id => !named.some(({ workspaceId }) => workspaceId === id),
  );
  // Taking away goes first.
  return [...left.map(workspaceId => ({ workspaceId, permission: undefined, assert: false })), ...named];
}

/** What was done to another resource of the principal says nothing about this one. */
function knownIn({ workspaces, scimId }: Link, workspaceId: string): StoredAssignment | undefined {
  const known = workspaces?.[workspaceId];
  return known?.scimId === scimId ? known : undefined;
}

/**
 * A write whose answer was lost, and that did something else, may still take effect: what shows is believed after that.
 * @throws {RetryLater} until then
 */
function awaitSettled(known: StoredAssignment | undefined, next: Assignable): void {
  const { intent } = known ?? {};
  if (intent === undefined || intent.permission === next) return;
  const wait = intent.at + INTENT_SETTLES_MS - now();
  if (wait > 0) throw new RetryLater('an earlier assignment may still arrive', { afterMs: wait });
}

function hold({ held }: Run, kind: HoldKind, workspaceId: string, cause: string): void {
  held.set(kind, (held.get(kind) ?? new Map<string, string>()).set(workspaceId, cause));
}

function writeOf(p: Principal, step: AssignmentStep, workspaceId: string, scimId: string): Write {
  const isGiven = step.action === 'assign';
  return {
    action: isGiven ? 'assign-workspace' : 'unassign-workspace',
    scimId,
    detail: `${kinds[p.kind].type} ${workspaceId}${isGiven ? ` ${step.permission}` : ''}`,
  };
}
