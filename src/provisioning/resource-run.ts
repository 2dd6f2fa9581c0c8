import { now } from '../identity/clock.ts';
import type { Attributes } from '../identity/desired.ts';
import type { Principal } from '../identity/principal.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { State } from '../state/state.ts';
import type { Kind } from './kinds.ts';
import type { NameConflicts } from './name-conflict.ts';
import type { Write } from './outcome.ts';
import type { TargetSession } from './target-session.ts';

/** An intent younger than this may still be in flight, or hidden by a lagging read. */
export const INTENT_SETTLES_MS = 60_000;

/** One application of what is wanted to one principal's resource, and what came of it so far. */
export class ResourceRun {
  readonly state: State;
  readonly session: TargetSession;
  readonly p: Principal;
  readonly kind: Kind;
  wanted: Wanted;
  /** A resource of this name that belongs to nobody is taken over without asking. */
  readonly adoptableName: string | undefined;
  /** The account manages its identities automatically: nothing is created over SCIM. */
  readonly managed: boolean;
  readonly writes: Write[] = [];
  readonly held: HoldKind[] = [];
  /** An intent was left open because it is too young. */
  unsettled = false;
  readonly #names: NameConflicts;

  constructor(o: {
    state: State;
    names: NameConflicts;
    session: TargetSession;
    p: Principal;
    kind: Kind;
    wanted: Wanted;
    adoptableName: string | undefined;
    managed: boolean;
  }) {
    this.state = o.state;
    this.session = o.session;
    this.p = o.p;
    this.kind = o.kind;
    this.wanted = o.wanted;
    this.adoptableName = o.adoptableName;
    this.managed = o.managed;
    this.#names = o.names;
  }

  get target(): string {
    return this.session.target.id;
  }

  nameOf(attributes: Attributes): string {
    return String(attributes[this.kind.nameAttribute]);
  }

  wrote(action: string, scimId: string, attributes: readonly string[]): void {
    this.writes.push({ action: `${action}-${this.p.kind}`, scimId, detail: attributes.join(',') });
  }

  /** Keeps the action back until a person decides. True when exactly this was approved. */
  async hold(kind: HoldKind, ids: readonly string[], cause: string): Promise<boolean> {
    this.held.push(kind);
    return this.state.holds.hold(this.target, { kind, principal: this.p, ids: [...ids], cause }, now());
  }

  /** The approved action is carried out: it is no longer held. */
  release(kind: HoldKind): void {
    const at = this.held.indexOf(kind);
    if (at >= 0) this.held.splice(at, 1);
  }

  /** True when another principal has the name, or it is reserved: held, with the reason. */
  async nameIsTaken(name: string): Promise<boolean> {
    const conflict = await this.#names.check(this.target, this.p, name);
    if (conflict === undefined) return false;
    await this.hold(conflict.kind, conflict.ids, conflict.cause);
    return true;
  }
}

/** Attributes as they are stored: without those that are not ours to say. */
export function stored(attributes: Attributes): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
