import { randomUUID } from 'node:crypto';
import { type Principal, principal, principalKey } from '../identity/principal.ts';
import type { Link } from '../state/links.ts';
import { VersionConflict } from '../state/row-store.ts';
import { askedChange } from './asked-change.ts';
import type { OperationsContext } from './context.ts';
import { eraseFromRecords } from './erase-records.ts';

/** Writers of one link that may be met before somebody has to try again. */
const TRIES = 5;

type Context = Pick<OperationsContext, 'state' | 'queue'>;

/**
 * Erases what is stored of a person in one target. His link goes last: until then a repetition, or whoever refuses one,
 * sees that he has an account.
 */
export async function eraseFromTarget(
  context: Context,
  target: string,
  p: Principal,
): Promise<{ counts: Record<string, number>; scimIds: readonly string[] }> {
  const { state } = context;
  const counts: Record<string, number> = {};
  const count = (what: string, number: number): void => {
    if (number > 0) counts[what] = number;
  };
  count('memberships', await eraseFromRecords(state, target, p.id));
  count('index rows', await eraseFromIndex(context, target, p.id));
  count('backlog rows', await eraseFromBacklog(context, target, p));
  count('holds', (await state.holds.kindsOf(target, p)).size);
  await state.holds.withdraw(target, p);
  count('failures', (await state.targets.readFailure(target, principalKey(p))) === undefined ? 0 : 1);
  await state.targets.forgetFailure(target, principalKey(p));
  count('rows about others', await eraseFromOthers(context, target, p));
  await state.graces.clear(target, p);
  const link = await eraseLink(context, target, p);
  count('links', link === undefined ? 0 : 1);
  return { counts, scimIds: link === undefined ? [] : accountsOf(link) };
}

function accountsOf({ scimId, former = [] }: Link): string[] {
  return [...(scimId === undefined ? [] : [scimId]), ...former.map(account => account.scimId)];
}

async function eraseFromIndex({ state }: Context, target: string, id: string): Promise<number> {
  const { memberIndex } = state;
  const [member, waiting] = [
    await memberIndex.groupsOf(target, id),
    await memberIndex.groupsWaitingFor(target, id),
  ];
  for (const group of waiting) await memberIndex.removePending(target, group, [id]);
  for (const group of member) await memberIndex.removeMembers(target, group, [id]);
  return member.length + waiting.length;
}

async function eraseFromBacklog({ state }: Context, target: string, p: Principal): Promise<number> {
  const everything = { dueBy: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER };
  const rows = await state.backlog.head(target, everything);
  const his = rows.filter(({ value }) => principalKey(value.principal) === principalKey(p));
  for (const row of his) await state.backlog.done(target, row);
  return his.length;
}

/**
 * Holds and failures of others that name him, such as the group that he was to be taken out of. They are looked at again:
 * what is still held, or still fails, is stored anew, without him. The look is durable before the row goes.
 */
async function eraseFromOthers({ state, queue }: Context, target: string, p: Principal): Promise<number> {
  const correlationId = `erase-${randomUUID()}`;
  const lookAgain = async (other: Principal): Promise<void> => {
    const change = askedChange({ target, principal: other, correlationId });
    await state.backlog.put(change, 'attribute');
  };
  const holds = (await state.holds.list(target)).filter(({ value }) => names(value, p.id));
  for (const { value } of holds) {
    await lookAgain(value.principal);
    await state.holds.withdrawKind(target, value.principal, value.kind);
  }
  const failures = (await state.targets.failures(target)).filter(({ value }) => names(value, p.id));
  for (const { key } of failures) {
    const [kind, ...id] = key.split(':');
    await lookAgain(principal.parse({ kind, id: id.join(':') }));
    await state.targets.forgetFailure(target, key);
  }
  const found = holds.length + failures.length;
  if (found > 0) await queue.sendPump(target);
  return found;
}

function names(value: unknown, id: string): boolean {
  return JSON.stringify(value).includes(id);
}

async function eraseLink({ state }: Context, target: string, p: Principal): Promise<Link | undefined> {
  for (let tried = 1; ; tried += 1) {
    const row = await state.links.get(target, p);
    if (row === undefined) return undefined;
    try {
      await state.links.forget(target, row);
      return row.value;
    } catch (error) {
      if (!(error instanceof VersionConflict) || tried === TRIES) throw error;
    }
  }
}
