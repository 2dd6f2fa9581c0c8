import { folded, groupsAbove, wantedMembers, wantedName, whyAbsent } from './desired-state.ts';
import type { ModelConfig } from './model-config.ts';
import { holderOf, type Observed, type ObservedTarget } from './observed-target.ts';
import type { Entity, Snapshot } from './snapshot.ts';

/** The end of an assignment is heard of by the poll alone (milliseconds). */
export const POLLED_WITHIN_MS = 70_000;

/**
 * What the target must hold, given what it held before. Where history decides (who was provisioned while he was in
 * scope for a moment, under which of his names), every outcome that some order of events allows is right.
 */
export class Expectations {
  readonly #config: ModelConfig;
  /** What was there when somebody last looked: it stays, whatever happens to its principal. */
  #before: ObservedTarget = new Map();
  /** Names that an object had while it was to be present, ever. */
  readonly #names = new Map<string, Set<string>>();
  /** Names that an object ever had. */
  readonly #everNamed = new Map<string, Set<string>>();
  /** What an object was ever shown as. */
  readonly #displayNames = new Map<string, Set<string>>();
  /** Since when somebody is away, without a return in between (ms). */
  readonly #awaySince = new Map<string, number>();
  readonly #graceMs: number;
  readonly #lateMs: number;
  readonly #mixes: boolean;
  readonly #lookMs: number;
  /** With {@link #lookMs}: what was seen before. */
  readonly #past: Snapshot[] = [];
  readonly #assigned: [at: number, ids: ReadonlySet<string>][] = [];
  #now: Snapshot | undefined;

  /**
   * @param graceMs how long accounts stay active after whatever takes them away
   * @param lateMs how late the end of an assignment may be heard of
   * @param mixes whether two objects, read in one look, may have been read as of different moments: somebody may then be
   * provisioned who was in scope at no single one, as long as he is not active in the end
   * @param lookMs how long one look may take to read an object and, after that, what decides about its scope: he may come
   * under the name that he had just before he came into scope; 0: no time at all
   */
  constructor(
    config: ModelConfig,
    { graceMs = 0, lateMs = POLLED_WITHIN_MS, mixes = false, lookMs = 0 } = {},
  ) {
    this.#config = config;
    this.#graceMs = graceMs;
    this.#lateMs = lateMs;
    this.#mixes = mixes;
    this.#lookMs = lookMs;
  }

  /** The source has changed, or this is how it began. */
  see(snapshot: Snapshot): void {
    this.#now = snapshot;
    for (const id of this.#names.keys()) {
      if (whyAbsent(snapshot, this.#config, id) === undefined) this.#awaySince.delete(id);
      else if (!this.#awaySince.has(id)) this.#awaySince.set(id, snapshot.at);
    }
    this.#assigned.push([snapshot.at, snapshot.assigned]);
    const late = { ...snapshot, assigned: this.#assignedLately(snapshot.at) };
    for (const entity of snapshot.live.values()) {
      note(this.#displayNames, entity.id, String(entity.properties.displayName));
      note(this.#everNamed, entity.id, folded(wantedName(entity)));
      const isWanted = [snapshot, late].some(s => whyAbsent(s, this.#config, entity.id) === undefined);
      if (isWanted) note(this.#names, entity.id, folded(wantedName(entity)));
    }
    if (this.#lookMs > 0) this.#seeMixed(late);
  }

  /** Objects as they were when a look read them, and came into scope while it read on. */
  #seeMixed(late: Snapshot): void {
    const since = late.at - this.#lookMs;
    const read = this.#past.filter((_, index) => (this.#past[index + 1]?.at ?? late.at) >= since);
    this.#past.push(late);
    for (const entity of read.flatMap(({ live }) => [...live.values()])) {
      const present = late.live.get(entity.id);
      if (present === undefined || present.properties === entity.properties) continue;
      const mixed = { ...late, live: new Map(late.live).set(entity.id, entity) };
      if (whyAbsent(mixed, this.#config, entity.id) === undefined)
        note(this.#names, entity.id, folded(wantedName(entity)));
    }
  }

  /** Who was assigned at any moment since the last poll may have begun. */
  #assignedLately(at: number): Set<string> {
    const { length } = this.#assigned;
    const ended = (index: number): number => this.#assigned[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    const lately = this.#assigned.filter(
      (_, index) => index === length - 1 || ended(index) > at - this.#lateMs,
    );
    return new Set(lately.flatMap(([, ids]) => [...ids]));
  }

  /**
   * Everything about the target that is not as it should be, in words; what is there counts as provisioned from now on.
   * @param waiting whoever may wait for a name that has become free in the meantime: no feed tells him
   */
  check(target: ObservedTarget, waiting: ReadonlySet<string>): string[] {
    const s = this.#now;
    if (s === undefined) throw new Error('nothing was seen yet');
    const problems = [...this.#problems(s, target, waiting)];
    this.#before = target;
    return problems;
  }

  *#problems(s: Snapshot, target: ObservedTarget, waiting: ReadonlySet<string>): Generator<string> {
    for (const [id, { kind }] of this.#before) if (!target.has(id)) yield `${kind} ${id} is no longer there`;
    for (const entity of s.live.values()) {
      if (whyAbsent(s, this.#config, entity.id) !== undefined || target.has(entity.id)) continue;
      // A group that waits has no record of its members, who wait with it.
      const waits = [entity.id, ...groupsAbove(s, entity.id)].some(id => waiting.has(id));
      if (
        !waits &&
        !wouldPassForMember(s, entity) &&
        holderOf(target, entity.kind, wantedName(entity)) === undefined
      )
        yield `${entity.kind} ${entity.id} is missing, and nobody has its name ${wantedName(entity)}`;
    }
    for (const found of target.values()) {
      const mayHaveBeen = this.#mixes && found.kind !== 'group' && this.#everNamed.has(found.id);
      if (!this.#names.has(found.id) && !mayHaveBeen) yield `${found.kind} ${found.id} was never to be there`;
      else if (found.kind === 'group') yield* this.#groupProblems(s, target, found, waiting.has(found.id));
      else yield* this.#accountProblems(s, found);
    }
  }

  *#accountProblems(s: Snapshot, found: Observed): Generator<string> {
    const { kind, id, name, displayName, active } = found;
    const before = this.#before.get(id);
    const atFirst = (this.#mixes ? this.#everNamed : this.#names).get(id);
    const names = before === undefined ? atFirst : new Set([folded(before.name)]);
    // Databricks never changes it.
    if (names?.has(folded(name)) !== true)
      yield `${kind} ${id} is called ${name}, which it was not created as`;
    const isInGrace = s.at < (this.#awaySince.get(id) ?? Number.NEGATIVE_INFINITY) + this.#graceMs;
    const fact = isInGrace ? undefined : (whyAbsent(s, this.#config, id) ?? passedOn(s, found));
    if (active !== (fact === undefined))
      yield `${kind} ${id} (${name}) is ${active ? 'active' : 'not active'}, although it is ${fact ?? 'in scope'}`;
    if (this.#displayNames.get(id)?.has(displayName) !== true)
      yield `${kind} ${id} is shown as ${displayName}, which was never its name`;
    const current = String(s.live.get(id)?.properties.displayName);
    if (kind === 'user' && fact === undefined && !isInGrace && displayName !== current)
      yield `${kind} ${id} is shown as ${displayName} and not as ${current}`;
  }

  *#groupProblems(s: Snapshot, target: ObservedTarget, found: Observed, waits: boolean): Generator<string> {
    const { id, name, members } = found;
    const wanted = new Set([...wantedMembers(s, this.#config, id)].filter(member => target.has(member)));
    const missing = [...wanted].filter(member => !members.has(member));
    const surplus = [...members].filter(member => !wanted.has(member));
    const why = whyAbsent(s, this.#config, id);
    const state = `group ${id} (${name}), which is ${why ?? 'in scope'},`;
    if (missing.length > 0) yield `${state} lacks ${missing}`;
    if (surplus.length > 0) yield `${state} still has ${surplus}`;
    // Two that swap their names go by way of another one; who is gone in the middle of it stays there.
    const named = why === undefined ? name : name.replace(` (${id.slice(0, 8)})`, '');
    if (this.#names.get(id)?.has(folded(named)) !== true) yield `${state} never had that name`;
    const entity = s.live.get(id);
    if (why !== undefined || entity === undefined || name === wantedName(entity)) return;
    if (!waits && !keepsFromIts(s, this.#config, target, entity))
      yield `${state} is not called ${wantedName(entity)}`;
  }
}

/** The account has a name that its person no longer has and somebody else does: a stranger would sign in to it. */
function passedOn(s: Snapshot, { kind, id, name }: Observed): 'passed on' | undefined {
  if (kind !== 'user') return undefined;
  const owner = [...s.live.values()].find(
    entity => entity.kind === 'user' && folded(String(entity.properties.userPrincipalName)) === folded(name),
  );
  return owner === undefined || owner.id === id ? undefined : 'passed on';
}

/** A guest with an address of the tenant's own gets no account: he would have the name of a member. */
function wouldPassForMember(s: Snapshot, guest: Entity): boolean {
  const isMemberLikeHim = (entity: Entity): boolean =>
    entity.properties.userType === 'Member' && domainOf(entity) === domainOf(guest);
  return guest.properties.userType === 'Guest' && [...s.live.values()].some(isMemberLikeHim);
}

function domainOf(user: Entity): string {
  return folded(wantedName(user).split('@').at(-1) ?? '');
}

/** Whether another group rightly holds the name that a group wants; a circle of groups passes its names on. */
function keepsFromIts(s: Snapshot, config: ModelConfig, target: ObservedTarget, wanting: Entity): boolean {
  const met = new Set([wanting.id]);
  for (let entity: Entity | undefined = wanting; entity !== undefined; ) {
    const holder = holderOf(target, 'group', wantedName(entity));
    if (holder === undefined || met.has(holder.id)) return false;
    met.add(holder.id);
    entity = s.live.get(holder.id);
    if (entity === undefined || whyAbsent(s, config, holder.id) !== undefined) return true;
    if (folded(wantedName(entity)) === folded(holder.name)) return true;
  }
  return false;
}

function note(known: Map<string, Set<string>>, id: string, value: string): void {
  known.set(id, (known.get(id) ?? new Set()).add(value));
}
