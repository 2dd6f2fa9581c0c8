import type { Logger } from '../identity/logger.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import type { DesiredPicture } from '../planning/picture.ts';
import type { State } from '../state/state.ts';

/** Principals that a line of the log names. */
const NAMED_IN_LOG = 10;

/**
 * Whom a workspace is to hold and none of the accounts in the same configuration does, or is about to: when the
 * workspace gets identity federation one day, they are the ones who lose it. Nobody while an account was not compared
 * yet.
 *
 * @param accounts ids of the account targets
 */
export async function outsideAccount(
  state: State,
  accounts: readonly string[],
  desired: DesiredPicture,
): Promise<readonly Principal[]> {
  if (accounts.length === 0) return [];
  const inside = new Set<string>();
  for (const account of accounts) {
    if (!(await state.targets.read(account)).indexed) return [];
    for await (const { value } of state.links.list(account)) {
      const { status, written, leaving } = value;
      if (status === 'linked' && written.active !== false && leaving === undefined)
        inside.add(principalKey(value.principal));
    }
    const waiting = await state.backlog.head(account, {
      dueBy: Number.MAX_SAFE_INTEGER,
      limit: Number.MAX_SAFE_INTEGER,
    });
    for (const { value } of waiting)
      if (value.rowClass !== 'revoke') inside.add(principalKey(value.principal));
  }
  const wanted: readonly Principal[] = [
    ...[...desired.users.keys()].map(id => ({ kind: 'user' as const, id })),
    ...[...desired.servicePrincipals.keys()].map(id => ({ kind: 'servicePrincipal' as const, id })),
    ...[...desired.groups.keys()].map(id => ({ kind: 'group' as const, id })),
  ];
  return wanted.filter(principal => !inside.has(principalKey(principal)));
}

export function logOutside(log: Logger, target: string, outside: readonly Principal[]): void {
  if (outside.length === 0) return;
  log.warn('outside-account', {
    target,
    count: outside.length,
    principals: outside.slice(0, NAMED_IN_LOG).map(principalKey).join(' '),
  });
}
