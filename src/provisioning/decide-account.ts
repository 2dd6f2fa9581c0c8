import type { Principal } from '../identity/principal.ts';
import { type MappedResource, MappingFailure } from '../mapping/attribute-mapping.ts';
import type { LeaveEvent } from '../planning/lifecycle.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { LookHold } from './apply-resource.ts';
import { decideLeaver, noteLeaving } from './leaver.ts';
import type { AccountLook } from './look-account.ts';
import { namingWorkspaces, workspacesOf } from './lost-workspaces.ts';
import type { NamePolicy } from './name-policy.ts';
import type { Policy } from './policy.ts';
import { BEYOND_LIMIT, type RemovalGuard } from './removal-guard.ts';
import { isGuest, type SourceAccount } from './source-account.ts';
import type { Gate } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

type Relevant = Exclude<AccountLook, { state: 'irrelevant' }>;

interface Known {
  readonly link: LinkRow | undefined;
  /** The account manages its identities automatically. */
  readonly managed: boolean;
  readonly gate: Gate;
}

/** What a look asks of the resource. */
interface Decided {
  readonly wanted: Wanted;
  /** The resource is to be deleted. */
  readonly remove?: true;
  readonly adoptableName?: string;
  /** An account whose name changed is replaced by a new one. */
  readonly replaces?: boolean;
  /** Wanted instead where no new account can be made. */
  readonly otherwise?: Wanted;
  readonly holds: readonly LookHold[];
  /** More is wanted than the target takes for now. */
  readonly deferred?: boolean;
  /** What keeps everything else from being wanted. */
  readonly failure?: MappingFailure;
}

/** What a look at a user or service principal wants of its resource, given what the source says. */
export class AccountDecider {
  readonly #o: {
    readonly state: State;
    readonly names: NamePolicy;
    readonly guard: RemovalGuard;
    readonly policy: Policy;
  };

  constructor(o: { state: State; names: NamePolicy; guard: RemovalGuard; policy: Policy }) {
    this.#o = o;
  }

  /** Never-provisioned accounts that are disabled are not created; what leavers keep is the policy's to say. */
  async decide(session: TargetSession, p: Principal, look: Relevant, known: Known): Promise<Decided> {
    const { state, policy } = this.#o;
    const { link } = known;
    const target = session.target.id;
    if (look.state === 'inScope' && look.account.accountEnabled) {
      await noteLeaving(state, target, p, link, undefined);
      try {
        return await this.#present(session, look.account, policy.mappings[p.kind].map(look.read), known);
      } catch (error) {
        if (!(error instanceof MappingFailure) || link === undefined) throw error;
        return this.#unmapped(session, look, link, error);
      }
    }
    if (await this.#isProtected(session, p, link)) return { wanted: { set: {} }, holds: [] };
    const rules = p.kind === 'user' ? policy.lifecycle.users : policy.lifecycle.servicePrincipals;
    const decision = decideLeaver(rules, eventsOf(look), link?.value.leaving);
    await noteLeaving(state, target, p, link, decision);
    const goes = decision.action === 'deactivate' || decision.action === 'delete';
    if (goes && !(await this.#mayGo(target, p, look, link))) {
      const ids = [link?.value.scimId ?? ''];
      const workspaces = await workspacesOf(state, target, p);
      const cause = namingWorkspaces(BEYOND_LIMIT, 'the account loses', workspaces);
      return { wanted: { set: {} }, holds: [{ kind: 'removal-limit', ids, cause }] };
    }
    switch (decision.action) {
      case 'delete':
        return { wanted: { set: { active: false } }, remove: true, holds: [] };
      case 'deactivate':
        return { wanted: { set: { active: false } }, holds: [] };
      default:
        return { wanted: { set: {} }, holds: [] };
    }
  }

  /** Whoever is disabled or deleted goes at once; who left by scope alone, as far as the guard lets him. */
  #mayGo(
    target: string,
    p: Principal,
    look: Relevant,
    link: LinkRow | undefined,
  ): boolean | Promise<boolean> {
    const isPerson = eventsOf(look).some(event => event !== 'unassigned' && event !== 'filteredOut');
    const { status, scimId, written, intent } = link?.value ?? {};
    // Whom somebody else took away in the target has nothing left that this look would take.
    const isOff =
      status === 'gone' || (status === 'linked' && written?.active === false && intent === undefined);
    if (isPerson || isOff || scimId === undefined) return true;
    return this.#o.guard.admits(target, p, 'accounts', [scimId]);
  }

  /** Wanted as mapped, unless his name or a required value keeps him from being written: then he keeps what he has. */
  async #present(
    session: TargetSession,
    account: SourceAccount,
    mapped: MappedResource,
    { link, managed, gate }: Known,
  ): Promise<Decided> {
    const { create, set, missing } = mapped;
    if (link === undefined && mapped.createRefusal !== undefined) throw mapped.createRefusal;
    const mayReplace = this.#o.policy.userNameChange === 'replace' && !managed;
    const holds = await this.#o.names.check(account, mapped, link, mayReplace);
    if (missing.length > 0)
      holds.push({ kind: 'missing-values', ids: [...missing], cause: 'required attributes have no value' });
    // A guest's computed name may be a member's by chance: an existing account of that name is not his for the asking.
    const adoptableName = isGuest(account) ? undefined : account.signInName;
    const isPassedOn = holds.some(({ kind }) => kind === 'name-passed-on');
    // Who we are in the target is asked only where it matters.
    const isProtected = (isPassedOn || mayReplace) && (await this.#isProtected(session, account, link));
    const replaces = mayReplace && !isProtected;
    const off: Wanted = { set: { active: false } };
    // A new account under the new name is what helps; only where none can be made, the old one goes by itself.
    const canReplace = replaces && holds.length === 1;
    if (isPassedOn && canReplace && gate === 'open')
      return { wanted: { create, set }, adoptableName, replaces, otherwise: off, holds: [] };
    if (holds.length === 0) return { wanted: { create, set }, adoptableName, replaces, holds };
    if (isPassedOn && !isProtected) return { wanted: off, holds, deferred: canReplace };
    return { wanted: { set: set.active === undefined ? {} : { active: set.active } }, holds };
  }

  /** What cannot be mapped leaves an account as it is, but not under a name that is somebody else's by now. */
  async #unmapped(
    session: TargetSession,
    { account, read }: Extract<Relevant, { state: 'inScope' }>,
    link: LinkRow,
    failure: MappingFailure,
  ): Promise<Decided> {
    const { names, policy } = this.#o;
    const create = { userName: policy.mappings[account.kind].nameOf(read) };
    const found = await names.check(account, { create, set: {}, match: {}, missing: [] }, link, false);
    const holds = found.filter(({ kind }) => kind === 'name-passed-on');
    if (holds.length === 0 || (await this.#isProtected(session, account, link))) throw failure;
    return { wanted: { set: { active: false } }, holds, failure };
  }

  /** Never switched off, deleted or replaced: by configuration, or because it is how we sign in. */
  async #isProtected(session: TargetSession, p: Principal, link: LinkRow | undefined): Promise<boolean> {
    if (this.#o.policy.protectedObjectIds.has(p.id.toLowerCase())) return true;
    const { own } = session.target;
    if (own === undefined || link === undefined) return false;
    return own.is(link.value, session.request, ask => session.send(ask, { operation: 'get' }));
  }
}

/** Everything that keeps an account out, in one look. */
function eventsOf(look: Relevant): [LeaveEvent, ...LeaveEvent[]] {
  if (look.state === 'deleted') return [look.event];
  const disabled: LeaveEvent[] = look.account.accountEnabled ? [] : ['disabled'];
  return look.state === 'left' ? [look.event, ...disabled] : ['disabled'];
}
