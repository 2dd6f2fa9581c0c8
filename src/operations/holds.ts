import type { RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { principalKey } from '../identity/principal.ts';
import { decisionId, markOf } from '../state/hold-decisions.ts';
import type { Hold, HoldKind } from '../state/holds.ts';
import { VersionConflict } from '../state/row-store.ts';
import { askedChange } from './asked-change.ts';
import type { OperationsContext } from './context.ts';

/** A kept-back action, as a person reads it. */
export interface OpenHold {
  readonly target: string;
  /**
   * What {@link approveHold} takes, without anything that a shell would read as its own. Names the target, since the
   * same principal may be held in others for other reasons, and ends with a mark of what is held: a decision is about
   * that, and about nothing that came to it since.
   */
  readonly id: string;
  /** Its row among those of the target. */
  readonly key: string;
  readonly kind: HoldKind;
  /** `user:…` or `group:…`, with the Entra object id. */
  readonly principal: string;
  /** Entra ids of members, or the SCIM id of the resource, that the action would touch. */
  readonly ids: readonly string[];
  readonly cause: string;
  /** Milliseconds since the epoch. */
  readonly heldAt: number;
  /** Set between an approval and the look that acts on it. */
  readonly approvedAt: number | undefined;
  /** Who approved it so far; fewer than have to while `approvedAt` is not set. */
  readonly approvedBy: readonly string[];
  /** Set once a person said no. */
  readonly rejectedAt: number | undefined;
  /** Set once nobody had decided in time. It can be decided about all the same. */
  readonly expiredAt: number | undefined;
  /** False for what no approval can help: then {@link whatHelps} says what can. */
  readonly canBeApproved: boolean;
  readonly whatHelps: string;
}

/** No target has a hold of that id: it may have been withdrawn because its reason went away. */
export class HoldNotFound extends Error {
  override readonly name = 'HoldNotFound';
}

/** The hold states something that an approval cannot change. The message says what can. */
export class HoldNotApprovable extends Error {
  override readonly name = 'HoldNotApprovable';
}

/** What a person can do about each kind, and whether it is saying yes. */
export const remedies: Readonly<Record<HoldKind, { readonly approvable: boolean; readonly text: string }>> = {
  'proposed-adoption': { approvable: true, text: 'approve it to take the resource over' },
  'large-shrink': { approvable: true, text: 'approve it to take the listed members out of the group' },
  'removal-limit': {
    approvable: true,
    text: 'approve it to take away what is listed, or correct what took so many out of scope',
  },
  'role-removal-limit': {
    approvable: true,
    text: 'approve it to take away the listed roles and entitlements, or correct the mapping',
  },
  'assignment-removal-limit': {
    approvable: true,
    text: 'approve it to take back the assignments to the listed workspaces, or put them into the configuration again',
  },
  'refused-adoption': {
    approvable: false,
    text: 'rename or remove the resource in the target, or the principal in Entra ID',
  },
  'ambiguous-match': {
    approvable: false,
    text: 'remove all but one of the listed resources, or give the right one the Entra object id as externalId',
  },
  'identity-re-use': {
    approvable: false,
    text: 'delete the account that the leaver had in the target, or give the newcomer another name',
  },
  'name-in-use': {
    approvable: false,
    text: 'rename one of the two groups in Entra ID, or set lifecycle.groupNameConflict to suffix',
  },
  'protected-name': { approvable: false, text: 'rename the group in Entra ID' },
  'hidden-membership': {
    approvable: false,
    text: 'grant Member.Read.Hidden and set READ_HIDDEN_MEMBERSHIP=true, or end the assignment of the group',
  },
  'unknown-in-source': {
    approvable: false,
    text: 'deactivate the account in the target, or clear its externalId',
  },
  'user-name-change': {
    approvable: false,
    text: 'Databricks never changes a userName: change it back, or delete the account in the target',
  },
  'name-passed-on': {
    approvable: false,
    text: 'the old account was switched off, since its name belongs to somebody else now: give both their names in Entra ID, or delete the old account in the target',
  },
  'missing-values': {
    approvable: false,
    text: 'fill the listed attributes in Entra ID, or change the mapping',
  },
  'group-deletion': { approvable: true, text: 'approve it to delete the group in the target' },
  'nesting-cut': {
    approvable: false,
    text: 'remove the circle, or the level beyond the tenth, from the nesting in Entra ID',
  },
  'deleted-in-target': {
    approvable: true,
    text: 'approve it to bring back what somebody took away in the target, or leave it as it is',
  },
  'workspace-assignment': {
    approvable: false,
    text: 'do what the cause says, or take the assignment out of the configuration; it is tried again in every audit',
  },
  'last-admin': {
    approvable: false,
    text: 'make somebody else ADMIN of the workspace first; it is tried again in every audit',
  },
  'managed-identities': {
    approvable: false,
    text: 'name a credential of an account admin as accountSignIn of the target: with Automatic Identity Management nobody is created over SCIM',
  },
};

type Decisive = Pick<OperationsContext, 'state' | 'queue' | 'targets' | 'approvals'>;

/** All open holds, by target. */
export async function listHolds({
  state,
  targets,
}: Pick<OperationsContext, 'state' | 'targets'>): Promise<OpenHold[]> {
  const lists = await Promise.all(
    targets.map(async ({ id: target }) =>
      (await state.holds.list(target)).map(({ key, value }) => toOpenHold(target, key, value)),
    ),
  );
  return lists.flat();
}

/**
 * Approves one hold. It covers the listed ids that are still wanted when the owner looks at the principal again, which
 * is asked for here once as many people have approved it as the configuration wants (`holds.approvals`).
 * @param id of the hold as it was shown
 * @param by who approves: kept with the hold, and told apart by it
 * @throws {HoldNotFound}
 * @throws {HoldChanged} when it is about something else by now
 * @throws {HoldNotApprovable}
 */
export async function approveHold(context: Decisive, id: string, by: string): Promise<OpenHold> {
  const { target, key, mark, canBeApproved, kind, whatHelps } = await findHold(context, id);
  if (!canBeApproved)
    throw new HoldNotApprovable(`a hold of the kind ${kind} cannot be approved: ${whatHelps}`);
  const { state, approvals: needed } = context;
  const hold = await inTurn(id, () => state.holds.approve(target, key, { at: now(), by, needed, mark }));
  if (hold.approvedAt !== undefined) await askForLook(context, target, hold);
  return toOpenHold(target, key, hold);
}

/**
 * Rejects one hold: what it keeps back stays undone, and nobody is asked again until the facts that led to it change.
 * @throws {HoldNotFound}
 * @throws {HoldChanged} as {@link approveHold}
 */
export async function rejectHold(
  context: Pick<OperationsContext, 'state' | 'targets'>,
  id: string,
  by: string,
): Promise<OpenHold> {
  const { target, key, mark } = await findHold(context, id);
  const { holds } = context.state;
  return toOpenHold(target, key, await inTurn(id, () => holds.reject(target, key, { at: now(), by, mark })));
}

/** @throws {HoldNotFound} */
async function findHold(
  { state, targets }: Pick<OperationsContext, 'state' | 'targets'>,
  id: string,
): Promise<OpenHold & { readonly mark: string }> {
  const [mark = '', kind, principal, ...place] = id.split('/').reverse();
  const key = `${principal}|${kind}`;
  for (const { id: target } of targets) {
    if (target !== place.join('/')) continue;
    const hold = await state.holds.get(target, key);
    if (hold !== undefined) return { ...toOpenHold(target, key, hold), mark };
  }
  throw new HoldNotFound(`no hold has the id ${id}`);
}

/** A look may refresh the hold at the same moment: what is decided about is what it says then. */
async function inTurn(id: string, decide: () => Promise<Hold | undefined>): Promise<Hold> {
  for (;;) {
    try {
      const hold = await decide();
      if (hold === undefined) throw new HoldNotFound(`the hold ${id} was withdrawn meanwhile`);
      return hold;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}

/** Approved, these take something away, and go first. */
const takingAway: readonly HoldKind[] = [
  'large-shrink',
  'removal-limit',
  'role-removal-limit',
  'assignment-removal-limit',
  'group-deletion',
];

async function askForLook(
  { state, queue }: Pick<Decisive, 'state' | 'queue'>,
  target: string,
  hold: Hold,
): Promise<void> {
  const takesAway = takingAway.includes(hold.kind);
  const rowClass: RowClass = takesAway ? 'revoke' : 'grant';
  await state.backlog.put(
    askedChange({ target, principal: hold.principal, correlationId: decisionId(hold) }),
    rowClass,
  );
  await queue.sendPump(target);
}

function toOpenHold(target: string, key: string, hold: Hold): OpenHold {
  const { approvable, text } = remedies[hold.kind];
  return {
    target,
    id: [target, ...key.split('|'), markOf(hold)].join('/'),
    key,
    kind: hold.kind,
    principal: principalKey(hold.principal),
    ids: hold.ids,
    cause: hold.cause,
    heldAt: hold.heldAt,
    approvedAt: hold.approvedAt,
    approvedBy: (hold.approvals ?? []).map(({ by }) => by),
    rejectedAt: hold.rejectedAt,
    expiredAt: hold.expiredAt,
    canBeApproved: approvable,
    whatHelps: text,
  };
}
