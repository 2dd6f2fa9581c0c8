import { randomUUID } from 'node:crypto';
import type { DeltaChange } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import { readsAppRoles } from '../provisioning/entitlement.ts';
import type { Policy } from '../provisioning/policy.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import type { AssignmentChanges } from './assignment-pass.ts';

/** What a poll hears of and cannot follow by itself: only a full comparison of the target finds everybody whom it concerns. */
export class AuditRequests {
  readonly #state: State;
  readonly #target: string;
  readonly #policy: Policy;

  constructor(state: State, { id, policy }: Pick<Target, 'id' | 'policy'>) {
    this.#state = state;
    this.#target = id;
    this.#policy = policy;
  }

  /** Each time with a reason of its own, so that an audit that is running does not take it for the one it answers. */
  async ask(reason: string): Promise<void> {
    const auditDue = `${reason} (${randomUUID()})`;
    await this.#state.targets.update(this.#target, state => ({ ...state, auditDue }));
  }

  async isIndexed(): Promise<boolean> {
    return (await this.#state.targets.read(this.#target)).indexed;
  }

  /**
   * A group that has no resource, because it is held say, has no record of its members either: when its assignment
   * ends, only a comparison finds whose accounts it was the reason for.
   */
  async afterEnded(ended: AssignmentChanges['ended']): Promise<void> {
    for (const { principal } of ended) {
      if (principal.kind !== 'group') continue;
      if (!(await this.#isWritten(principal))) {
        await this.ask('a group without a resource left the scope');
        return;
      }
    }
  }

  async #isWritten(group: Principal): Promise<boolean> {
    const link = (await this.#state.links.get(this.#target, group))?.value;
    // One that was filtered out before has lost its members, and its assignment is still the reason for their accounts.
    return link?.status === 'linked' && link.leaving === undefined;
  }

  /** As {@link AuditRequests.afterEnded}, for groups that were in scope by their place below another one. */
  async afterUnnesting(change: DeltaChange, wasNested: boolean): Promise<void> {
    if (!this.#policy.nesting.descendants) return;
    const left = change.removedMembers.flatMap(({ kind, id }) => (kind === 'group' ? [id] : []));
    if (change.removed !== undefined && wasNested) left.push(change.id);
    for (const id of left) {
      if (await this.#isWritten({ kind: 'group', id })) continue;
      await this.ask('a nested group without a resource left the scope');
      return;
    }
  }

  /** Members of a group hold its roles, and no feed tells them of a role that the group gets or loses. */
  async afterRoles(changed: AssignmentChanges['started']): Promise<void> {
    if (!this.readsRolesOfAccounts()) return;
    if ((await this.isIndexed()) && changed.some(({ principal }) => principal.kind === 'group'))
      await this.ask('app roles of a group changed');
  }

  readsRolesOfAccounts(): boolean {
    return readsAppRoles(this.#policy, 'user') || readsAppRoles(this.#policy, 'servicePrincipal');
  }
}
