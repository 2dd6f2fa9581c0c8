import { randomUUID } from 'node:crypto';
import type { RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import { coversAll, type Policy } from '../provisioning/policy.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';

/** What one poll collects for one target. A principal that is revoked needs no change besides: the look does both. */
export class PollRound {
  readonly #state: State;
  readonly target: string;
  readonly #policy: Policy;
  readonly #revoked = new Set<string>();
  readonly #changed = new Map<string, Principal>();
  #sent = 0;

  constructor(state: State, { id, policy }: Pick<Target, 'id' | 'policy'>) {
    this.#state = state;
    this.target = id;
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
    if ((await this.#state.links.get(this.target, p)) !== undefined) return true;
    return p.kind !== 'group' && this.#state.memberIndex.isAwaited(this.target, p.id);
  }

  takeChanges(): Principal[] {
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    this.#sent += changes.length;
    return changes;
  }

  async #row(principal: Principal, rowClass: RowClass): Promise<void> {
    const at = now();
    await this.#state.backlog.put(
      {
        target: this.target,
        principal,
        cause: 'poll',
        notBefore: at,
        heardAt: at,
        correlationId: randomUUID(),
      },
      rowClass,
    );
  }
}
