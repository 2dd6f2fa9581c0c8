import type { DeltaChange } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import { coversAll, type Policy } from '../provisioning/policy.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import { formerHolder, servicePrincipalsIn } from './affected-accounts.ts';
import type { AssignmentChanges } from './assignment-pass.ts';
import { AuditRequests } from './audit-requests.ts';
import { PollRound } from './poll-round.ts';

/** What one poll heard, as far as it concerns one target: revocations as rows, everything else as changes. */
export class PollTarget {
  readonly round: PollRound;
  readonly audits: AuditRequests;
  readonly #state: State;
  readonly #target: string;
  readonly #policy: Policy;

  constructor(state: State, target: Pick<Target, 'id' | 'policy'>) {
    this.#state = state;
    this.#target = target.id;
    this.#policy = target.policy;
    this.round = new PollRound(state, target);
    this.audits = new AuditRequests(state, target);
  }

  /** What began before the first audit is that audit's: the initial load is no flood of live changes. */
  async assignments({ started, ended }: AssignmentChanges, isIndexed: boolean): Promise<void> {
    const begun = isIndexed ? started : [];
    for (const { principal } of ended) await this.#assignmentEnded(principal);
    await this.audits.afterEnded(ended);
    await this.audits.afterRoles([...begun, ...ended]);
    for (const { principal } of begun) this.round.change(principal);
  }

  async #assignmentEnded(p: Principal): Promise<void> {
    await this.round.revoke(p);
    if (p.kind !== 'group' || !coversAll(this.#policy, p)) return;
    for (const member of await servicePrincipalsIn(this.#state, this.#target, p.id))
      await this.round.revoke(member);
  }

  /** Whose grace period has ended is looked at. */
  async graces(): Promise<void> {
    for (const p of await this.#state.graces.endedBy(this.#target, now())) {
      await this.round.revoke(p);
      await this.#state.graces.clear(this.#target, p);
    }
  }

  async account(change: DeltaChange): Promise<void> {
    const p: Principal = { kind: change.kind, id: change.id };
    const holder = await formerHolder(this.#state, this.#target, change);
    if (holder !== undefined) await this.round.revoke(holder);
    if (!(await this.round.concerns(p))) return;
    if (change.removed !== undefined) {
      await this.#state.removals.note(p, now());
      await this.round.revoke(p);
      return;
    }
    await this.#state.removals.clear(p);
    if (change.accountEnabled === false) await this.round.revoke(p);
    else this.round.change(p);
  }

  async group(change: DeltaChange): Promise<void> {
    const p: Principal = { kind: 'group', id: change.id };
    const ancestors = (await this.#state.nesting.ancestorsOf(this.#target, change.id)).map(id => ({
      kind: 'group' as const,
      id,
    }));
    await this.#filterGroup(change);
    if (ancestors.length === 0 && !(await this.round.concerns(p))) return;
    if (change.removed !== undefined) await this.#state.removals.note(p, now());
    else await this.#state.removals.clear(p);
    await this.audits.afterUnnesting(change, ancestors.length > 0);
    const takesAway = change.removed !== undefined || change.removedMembers.length > 0;
    for (const group of [p, ...ancestors]) {
      if (takesAway) await this.round.revoke(group);
      else this.round.change(group);
    }
    for (const member of change.removedMembers) {
      if (member.kind !== 'other') await this.round.revokeIfConcerned({ kind: member.kind, id: member.id });
    }
    if (this.audits.readsRolesOfAccounts()) await this.#rolesByMembership(change);
  }

  /** Whoever joins a group gets its app roles, which nothing about himself shows; so do members of a nested group. */
  async #rolesByMembership({ addedMembers, removedMembers }: DeltaChange): Promise<void> {
    if ([...addedMembers, ...removedMembers].some(({ kind }) => kind === 'group'))
      await this.audits.ask('nesting changed below a group that may have app roles');
    for (const { kind, id } of addedMembers)
      if (kind === 'user' || kind === 'servicePrincipal') await this.round.changeIfConcerned({ kind, id });
  }

  /** Members of a group that a filter names come into scope, or leave it, by that alone. */
  async #filterGroup({ id, addedMembers, removedMembers }: DeltaChange): Promise<void> {
    const { filters } = this.#policy.scope;
    if (!Object.values(filters).some(({ groups }) => groups.includes(id))) return;
    for (const { kind, id: member } of [...addedMembers, ...removedMembers]) {
      if (kind === 'group') await this.audits.ask('nesting changed below a group that a filter names');
      else if (kind !== 'other') await this.round.changeIfConcerned({ kind, id: member });
    }
  }
}
