import type { Principal } from '../identity/principal.ts';
import type { SourceReader } from '../identity/source-values.ts';
import { sourceReader } from '../mapping/source-attributes.ts';
import type { ScopeVerdict } from '../scope/scope-decision.ts';
import { type Above, confirmFilterGroups, type Entitlement, type EntitlementReader } from './entitlement.ts';
import { hidingGroups, maySomethingBeHidden } from './hidden-memberships.ts';
import { scopeVerdict } from './policy.ts';
import { isGuest, readAccount, type SourceAccount } from './source-account.ts';
import { deletionOf, type SourceAccess } from './source-evidence.ts';

export type AccountLook =
  /** Nothing we keep concerns it; found without asking the source, or out of scope and never linked. */
  | { readonly state: 'irrelevant' }
  | { readonly state: 'deleted'; readonly event: 'softDeleted' | 'hardDeleted' }
  | { readonly state: 'left'; readonly event: 'unassigned' | 'filteredOut'; readonly account: SourceAccount }
  /** Out of scope as far as we may see, but groups that decide about it hide their members. */
  | { readonly state: 'hidden'; readonly account: SourceAccount }
  | {
      readonly state: 'inScope';
      readonly account: SourceAccount;
      readonly read: SourceReader;
      /** Groups that hold it, nested or not. */
      readonly memberOf: readonly string[];
    };

/**
 * Reads a user or service principal as the source holds it now, and whether it is in scope. Absence is believed only
 * when two reads agree.
 */
export class AccountReader {
  readonly #o: SourceAccess;
  readonly #entitlements: EntitlementReader;

  constructor(o: SourceAccess, entitlements: EntitlementReader) {
    this.#o = o;
    this.#entitlements = entitlements;
  }

  /** @throws {RetryLater} while the source's answers do not allow a conclusion. */
  async look(target: string, p: Principal, linked: boolean): Promise<AccountLook> {
    if (!linked && !(await this.#isRelevant(target, p))) return { state: 'irrelevant' };
    const account = await readAccount(this.#o.directory, p);
    if (account === undefined) {
      // Nobody loses anything by a wrong answer about somebody who was never provisioned.
      return linked ? { state: 'deleted', event: await deletionOf(this.#o, p) } : { state: 'irrelevant' };
    }
    const above = await this.#entitlements.above(p);
    const entitlement = await this.#entitlements.read(p, above, linked);
    if (entitlement !== undefined) return this.#entitled(account, above, entitlement, linked);
    if (!linked) return { state: 'left', event: 'unassigned', account };
    const after = await this.#entitlements.confirmNone(p, above);
    if (after.entitlement !== undefined) return this.#entitled(account, above, after.entitlement, true);
    if (await maySomethingBeHidden(this.#o, target, p, after.entitling)) return { state: 'hidden', account };
    return { state: 'left', event: 'unassigned', account };
  }

  async #isRelevant(target: string, p: Principal): Promise<boolean> {
    return (
      this.#entitlements.coversAll(p) ||
      (await this.#o.state.memberIndex.isAwaited(target, p.id)) ||
      (await this.#entitlements.isNamed(p))
    );
  }

  async #entitled(
    account: SourceAccount,
    above: Above,
    { appRoles }: Entitlement,
    linked: boolean,
  ): Promise<AccountLook> {
    const { policy } = this.#o;
    const read = sourceReader(account.kind, account.properties, { isSoftDeleted: false, appRoles });
    const decide = (memberOf: readonly string[]): ScopeVerdict =>
      scopeVerdict(policy, {
        kind: account.kind,
        id: account.id,
        entitled: true,
        read,
        memberOf: new Set(memberOf),
        isGuest: isGuest(account),
      });
    const verdict = decide(above.all);
    if (!verdict.inScope) {
      if (linked && verdict.reason === 'filteredOut') {
        const { groups } = policy.scope.filters[account.kind];
        await confirmFilterGroups(this.#o, account, above);
        const unseen = await hidingGroups(this.#o, groups);
        if (unseen.length > 0 && decide([...above.all, ...unseen]).inScope)
          return { state: 'hidden', account };
      }
      return { state: 'left', event: verdict.reason, account };
    }
    return { state: 'inScope', account, read, memberOf: above.all };
  }
}
