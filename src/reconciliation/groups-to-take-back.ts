import type { Principal } from '../identity/principal.ts';
import type { KnownLink } from '../planning/picture.ts';
import type { State } from '../state/state.ts';

/**
 * Groups whose members the account managed automatically until lately: whoever came in meanwhile is not in our record,
 * and would be taken for foreign when he leaves. A look at each of them writes him into it.
 */
export async function groupsToTakeBack(
  state: State,
  target: string,
  links: readonly KnownLink[],
): Promise<Principal[]> {
  const { aim, lastAuditAt = 0 } = await state.targets.read(target);
  if (aim?.on !== false || aim.since < lastAuditAt) return [];
  return links.flatMap(({ principal, status }) =>
    principal.kind === 'group' && status === 'linked' ? [principal] : [],
  );
}
