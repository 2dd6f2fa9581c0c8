import type { GraphDirectory } from '../directory/graph-directory.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import { EntitlementReader } from '../provisioning/entitlement.ts';
import { AccountReader } from '../provisioning/look-account.ts';
import type { OperationsContext } from './context.ts';
import { discardDeadLetters } from './dead-letters-discard.ts';
import type { ServiceBusSettings } from './dead-letters-queue.ts';
import { eraseFromTarget } from './erase-from-target.ts';
import { foundIn } from './erase-records.ts';

/** What is stored of a person must not be erased now. The message has every reason, and what would help. */
export class NotErasable extends Error {
  override readonly name = 'NotErasable';
}

/** What an erasure came to. */
export interface Erasure {
  readonly principal: string;
  /** How many of what was removed, by target; `source` and `dead letters` for what belongs to none. */
  readonly removed: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Accounts that he has, or had, if nobody deleted them: target and SCIM id. */
  readonly accounts: readonly { readonly target: string; readonly scimId: string }[];
  /** Numbers of his dead letters that somebody else has in hand, and that are still there. */
  readonly missed: readonly string[];
  /** Whether Entra ID still knows him. */
  readonly inEntra: 'present' | 'recycle bin' | 'gone';
}

export type EraseContext = Pick<OperationsContext, 'state' | 'queue' | 'targets'> & {
  readonly directory: GraphDirectory;
  /** Object id of the enterprise application. */
  readonly applicationObjectId: string;
};

/**
 * Erases what our own state holds about one person, but for the provisioning log, which names him by his object id alone.
 * Nothing is written to a target. May be repeated until it came to its end, and whenever something new turned up.
 *
 * Refused for whoever is in scope, since he would be stored again within a minute, and, unless `force` is set, for whoever
 * has an account or memberships that nobody would take away any more.
 *
 * @param o.by who asks, and `why`: for the entries about his dead letters
 * @throws {NotErasable} with nothing changed
 * @throws {RetryLater} while Entra ID's answers leave open whether he is in scope
 */
export async function erasePerson(
  context: EraseContext,
  settings: ServiceBusSettings,
  id: string,
  o: { readonly by: string; readonly force: boolean; readonly signal?: AbortSignal },
): Promise<Erasure> {
  const { state, targets, directory } = context;
  const p: Principal = { kind: 'user', id };
  await refuseWhileClosed(context);
  const inEntra = await whereInEntra(directory, id);
  if (inEntra === 'present') await refuseInScope(context, p);
  if (!o.force) await refuseManaged(context, p);

  const removed: Record<string, Record<string, number>> = {};
  const accounts: { target: string; scimId: string }[] = [];
  const { done, missed } = await discardDeadLetters(
    context,
    settings,
    { principal: principalKey(p) },
    { by: o.by, why: 'what is stored of the person was erased', signal: o.signal },
  );
  if (done > 0) removed['dead letters'] = { messages: done };
  for (const { id: target } of targets) {
    const { counts, scimIds } = await eraseFromTarget(context, target, p);
    if (Object.keys(counts).length > 0) removed[target] = counts;
    accounts.push(...scimIds.map(scimId => ({ target, scimId })));
  }
  const fromSource = await eraseFromSource(state, p);
  if (Object.keys(fromSource).length > 0) removed.source = fromSource;
  return { principal: principalKey(p), removed, accounts, missed, inEntra };
}

/** A source that refuses us says of nobody that he is out of scope, or gone. */
async function refuseWhileClosed({ state }: EraseContext): Promise<void> {
  const { quarantine } = await state.source.read();
  if (quarantine === undefined) return;
  throw new NotErasable(
    `nothing can be concluded from Entra ID now (${quarantine.reason}): who is in scope is not known`,
  );
}

async function whereInEntra(directory: GraphDirectory, id: string): Promise<Erasure['inEntra']> {
  if ((await directory.getUser(id)) !== undefined) return 'present';
  return (await directory.getDeleted(id)) === undefined ? 'gone' : 'recycle bin';
}

/** Two reads have to agree that he is out of scope, as for taking something away. */
async function refuseInScope(context: EraseContext, p: Principal): Promise<void> {
  for (const { id, policy } of context.targets) {
    const source = { ...context, policy };
    const { state } = await new AccountReader(source, new EntitlementReader(source)).look(id, p, true);
    if (state === 'inScope' || state === 'hidden')
      throw new NotErasable(
        state === 'inScope'
          ? `${principalKey(p)} is in scope of ${id}, and would be stored again at once: end the assignment, or delete the user in Entra ID`
          : `nobody can tell whether ${principalKey(p)} is in scope of ${id}: a group that decides about it hides its members`,
      );
  }
}

async function refuseManaged(context: EraseContext, p: Principal): Promise<void> {
  const reasons: string[] = [];
  for (const { id: target } of context.targets) {
    const link = (await context.state.links.get(target, p))?.value;
    const accounts =
      link === undefined ? [] : [{ active: link.written.active !== false }, ...(link.former ?? [])];
    if (link?.intent !== undefined)
      reasons.push(
        `a write to his account in ${target} is under way, or was refused: try again in some minutes`,
      );
    if (link?.status === 'linked' && accounts.some(({ active }) => active))
      reasons.push(
        `his account in ${target} (SCIM id ${link.scimId}) is active, and nobody would switch it off any more`,
      );
    const groups = await foundIn(context.state, target, p.id);
    if (groups.length > 0)
      reasons.push(
        `${target}: we wrote him into ${groups.length === 1 ? 'a group' : `${groups.length} groups`}, and nobody would take him out any more (${groups.slice(0, 5).join(', ')})`,
      );
  }
  if (reasons.length > 0)
    throw new NotErasable(`${reasons.join('; ')}. With --force it is done all the same`);
}

async function eraseFromSource(
  { assignments, removals }: EraseContext['state'],
  p: Principal,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const ended = (await assignments.all()).filter(
    ({ principal }) => principalKey(principal) === principalKey(p),
  );
  for (const assignment of ended) await assignments.remove(assignment);
  if (ended.length > 0) counts.assignments = ended.length;
  if ((await removals.seenAt(p)) !== undefined) {
    await removals.clear(p);
    counts.deletions = 1;
  }
  return counts;
}
