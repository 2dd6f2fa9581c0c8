import type { Account } from './account.ts';
import { Refusal } from './refusal.ts';

/**
 * Whether `member` may become a member of `group`. Guess throughout: that such a member is refused is documented or
 * near certain, status and text are not. What came earlier in the same PATCH stays applied, and a member that does
 * not exist is a 404, which a client may take to mean the group.
 *
 * @throws Refusal
 */
export function admitMember(account: Account, group: string, member: string): void {
  const resource = account.find(member);
  if (!resource) throw new Refusal(404, `User with id ${member} is not found`, { keepsEarlier: true });
  const { membershipsPerIdentity, nestingDepth } = account.caps;
  if (account.groupsOf(member).length >= membershipsPerIdentity) {
    throw new Refusal(400, `Principal ${member} has too many group memberships`, { keepsEarlier: true });
  }
  if (resource.type !== 'Groups') return;
  if (reaches(account, member, group)) {
    throw new Refusal(400, `Group ${member} cannot be nested: cycle detected`, { keepsEarlier: true });
  }
  if (below(account, member) + above(account, group) > nestingDepth) {
    throw new Refusal(400, `Group ${member} cannot be nested deeper than ${nestingDepth} levels`, {
      keepsEarlier: true,
    });
  }
}

function reaches(account: Account, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const id of seen) {
    if (id === to) return true;
    for (const next of account.get('Groups', id)?.members ?? [])
      if (account.get('Groups', next)) seen.add(next);
  }
  return false;
}

/** Groups on the longest way down from `id`, itself included. */
function below(account: Account, id: string): number {
  const isGroup = (member: string): boolean => account.get('Groups', member) !== undefined;
  return levels(account, id, group => [...(account.get('Groups', group)?.members ?? [])].filter(isGroup));
}

/** Groups on the longest way up from `id`, itself included. */
function above(account: Account, id: string): number {
  return levels(account, id, group => account.groupsOf(group).map(parent => parent.id));
}

/** Counts no further than what is too deep anyway: tests may have put a cycle into the store. */
function levels(account: Account, start: string, next: (group: string) => string[]): number {
  let level = new Set([start]);
  let count = 0;
  while (level.size > 0 && count <= account.caps.nestingDepth) {
    count += 1;
    level = new Set([...level].flatMap(next));
  }
  return count;
}
