import { now } from '../identity/clock.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import type { GuardLimits, RemovalClass } from '../planning/removal-guard.ts';
import type { HoldKind } from '../state/holds.ts';
import type { State } from '../state/state.ts';
import { KeyedMutex } from './keyed-mutex.ts';

/** How long a count of all links is good for, in milliseconds: a flood must not have them counted for each of its looks. */
const COUNTED_FOR_MS = 60_000;

/**
 * What was let through may have to be tried again, since the target is busy or the worker does not own it: for this long
 * it is the same removal, and not counted once more.
 */
const SAME_FOR_MS = 600_000;

/**
 * Safety rule 6 for what leaves by scope (unassigned, filtered out, a group that shrank): what goes beyond the limits of
 * an hour, a day or a week is held until a person decides, whatever looks or cycles it comes from. People who are
 * disabled or deleted in the source never come here.
 */
export class RemovalGuard {
  readonly #state: State;
  readonly #limits: GuardLimits;
  readonly #turns = new KeyedMutex();
  readonly #counted = new Map<string, { readonly at: number; readonly accounts: number }>();
  /** When each removal was let through, in that order. */
  readonly #letThrough = new Map<string, number>();

  constructor(state: State, limits: GuardLimits) {
    this.#state = state;
    this.#limits = limits;
  }

  /**
   * Whether all of these may be taken away now; they are counted if so. What is held stays held for a person to decide,
   * also when there is room again.
   * @param ids SCIM id of the account, Entra ids of the members, values of a list, or ids of workspaces
   * @param kind of the hold that the caller makes of what is not let through
   */
  async admits(
    target: string,
    p: Principal,
    removalClass: RemovalClass,
    ids: readonly string[],
    kind: HoldKind = 'removal-limit',
  ): Promise<boolean> {
    const { holds, removalLedger } = this.#state;
    const approved = await holds.approvedIds(target, p, kind);
    const open = ids.filter(id => !approved.has(id));
    const windows = this.#limits[removalClass];
    const removal = [target, principalKey(p), removalClass, ...ids.toSorted()].join('|');
    return this.#turns.run(target, async () => {
      if (this.#wasLetThrough(removal)) return true;
      const admit = (total: number, limited = true): Promise<boolean> =>
        removalLedger.admit(target, removalClass, ids.length, { windows, total, at: now(), limited });
      if (open.length > 0 && (await holds.isHeld(target, p, kind))) return false;
      const isAdmitted =
        open.length === 0
          ? await admit(0, false)
          : (await admit(0)) || (await admit(await this.#total(target, removalClass)));
      if (isAdmitted) this.#letThrough.set(removal, now());
      return isAdmitted;
    });
  }

  #wasLetThrough(removal: string): boolean {
    for (const [key, at] of this.#letThrough) {
      if (now() - at < SAME_FOR_MS) break;
      this.#letThrough.delete(key);
    }
    return this.#letThrough.has(removal);
  }

  /** Counted only when the fixed figures have no room left. */
  async #total(target: string, removalClass: RemovalClass): Promise<number> {
    if (removalClass === 'memberships') return (await this.#state.targets.read(target)).memberships ?? 0;
    const counted = this.#counted.get(target);
    if (counted !== undefined && now() - counted.at < COUNTED_FOR_MS) return counted.accounts;
    let accounts = 0;
    for await (const { value } of this.#state.links.list(target))
      if (value.principal.kind !== 'group' && value.status === 'linked') accounts += 1;
    this.#counted.set(target, { at: now(), accounts });
    return accounts;
  }
}

/** What a hold says when the guard does not let its removals through. */
export const BEYOND_LIMIT =
  'more was about to be taken away than guard lets through within an hour, a day or a week';
