import { folded, whyAbsent, wantedMembers, wantedName } from './desired-state.ts';
import type { ModelConfig } from './model-config.ts';
import { holderOf, type Observed, type ObservedTarget } from './observed-target.ts';
import type { Entity, Snapshot } from './snapshot.ts';

/**
 * What the target must hold, given what it held before. Where history decides (who was provisioned while he was in
 * scope for a moment, under which of his names), every outcome that some order of events allows is right.
 */
export class Expectations {
  readonly #config: ModelConfig;
  /** What was there when somebody last looked: it stays, whatever happens to its principal. */
  #before: ObservedTarget = new Map();
  /** Names and display names that an object had while it was to be present, ever. */
  readonly #names = new Map<string, Set<string>>();
  readonly #displayNames = new Map<string, Set<string>>();
  #now: Snapshot | undefined;

  constructor(config: ModelConfig) {
    this.#config = config;
  }

  /** The source has changed, or this is how it began. */
  see(snapshot: Snapshot): void {
    this.#now = snapshot;
    for (const entity of snapshot.live.values()) {
      if (whyAbsent(snapshot, this.#config, entity.id) !== undefined) continue;
      note(this.#names, entity.id, folded(wantedName(entity)));
      note(this.#displayNames, entity.id, String(entity.properties.displayName));
    }
  }

  /** Everything about the target that is not as it should be, in words; what is there counts as provisioned from now on. */
  check(target: ObservedTarget): string[] {
    const s = this.#now;
    if (s === undefined) throw new Error('nothing was seen yet');
    const problems = [...this.#problems(s, target)];
    this.#before = target;
    return problems;
  }

  *#problems(s: Snapshot, target: ObservedTarget): Generator<string> {
    for (const [id, { kind }] of this.#before) if (!target.has(id)) yield `${kind} ${id} is no longer there`;
    for (const entity of s.live.values()) {
      if (whyAbsent(s, this.#config, entity.id) !== undefined || target.has(entity.id)) continue;
      if (holderOf(target, entity.kind, wantedName(entity)) === undefined)
        yield `${entity.kind} ${entity.id} is missing, and nobody has its name ${wantedName(entity)}`;
    }
    for (const found of target.values()) {
      if (!this.#names.has(found.id)) yield `${found.kind} ${found.id} was never to be there`;
      else if (found.kind === 'group') yield* this.#groupProblems(s, target, found);
      else yield* this.#accountProblems(s, found);
    }
  }

  *#accountProblems(s: Snapshot, found: Observed): Generator<string> {
    const { kind, id, name, displayName, active } = found;
    const before = this.#before.get(id);
    const names = before === undefined ? this.#names.get(id) : new Set([folded(before.name)]);
    // Databricks never changes it.
    if (names?.has(folded(name)) !== true)
      yield `${kind} ${id} is called ${name}, which it was not created as`;
    const fact = whyAbsent(s, this.#config, id) ?? passedOn(s, found);
    if (active !== (fact === undefined))
      yield `${kind} ${id} (${name}) is ${active ? 'active' : 'not active'}, although it is ${fact ?? 'in scope'}`;
    if (this.#displayNames.get(id)?.has(displayName) !== true)
      yield `${kind} ${id} is shown as ${displayName}, which was never its name`;
    const current = String(s.live.get(id)?.properties.displayName);
    if (kind === 'user' && fact === undefined && displayName !== current)
      yield `${kind} ${id} is shown as ${displayName} and not as ${current}`;
  }

  *#groupProblems(s: Snapshot, target: ObservedTarget, found: Observed): Generator<string> {
    const { id, name, members } = found;
    const wanted = new Set([...wantedMembers(s, this.#config, id)].filter(member => target.has(member)));
    const missing = [...wanted].filter(member => !members.has(member));
    const surplus = [...members].filter(member => !wanted.has(member));
    const why = whyAbsent(s, this.#config, id);
    const state = `group ${id} (${name}), which is ${why ?? 'in scope'},`;
    if (missing.length > 0) yield `${state} lacks ${missing}`;
    if (surplus.length > 0) yield `${state} still has ${surplus}`;
    if (this.#names.get(id)?.has(folded(name)) !== true) yield `${state} never had that name`;
    const entity = s.live.get(id);
    if (why !== undefined || entity === undefined || name === wantedName(entity)) return;
    if (!keepsFromIts(s, this.#config, target, entity)) yield `${state} is not called ${wantedName(entity)}`;
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
