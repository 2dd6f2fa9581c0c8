import type { MemberIndex } from '../state/member-index.ts';

/**
 * Notes which wanted members of a group have no link yet. Those who are to be created keep the group waiting for a
 * while; disabled ones are not created, so that nobody waits for them, and are remembered only.
 * @param ask makes looks durable, at those who are to be created and were not waited for before
 */
export async function notePending(
  index: MemberIndex,
  target: string,
  group: string,
  members: { readonly pending: readonly string[]; readonly disabled: readonly string[] },
  ask: (users: readonly string[]) => Promise<void>,
): Promise<void> {
  const [pendingBefore, asleepBefore] = await Promise.all([
    index.pendingOf(target, group),
    index.asleepIn(target, group),
  ]);
  const pending = new Set(members.pending);
  const disabled = new Set(members.disabled);
  const added = members.pending.filter(id => !pendingBefore.includes(id) && !asleepBefore.has(id));
  // Asleep and to be created: held, failed, or enabled a moment ago. Looked at, and waited for by nobody. Who is out
  // of scope is not among them: what brings him back is a change of his own, and there may be thousands of him.
  const stirred = [...asleepBefore].flatMap(([id, isSettled]) => (pending.has(id) && !isSettled ? [id] : []));
  // In this order: somebody who is only wanted when we die here is asked again, and a look at him is never irrelevant.
  await index.addWanted(target, group, added);
  await ask([...added, ...stirred]);
  await index.addPending(target, group, added);
  await index.addAsleep(
    target,
    group,
    members.disabled.filter(id => !asleepBefore.has(id)),
  );
  // After the new mark, so that at no moment a change of theirs is taken for an irrelevant one.
  await index.putToSleep(
    target,
    group,
    pendingBefore.filter(id => disabled.has(id)),
  );
  await index.removePending(
    target,
    group,
    [...pendingBefore, ...asleepBefore.keys()].filter(id => !pending.has(id) && !disabled.has(id)),
  );
}
