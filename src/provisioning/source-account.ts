import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { SourceServicePrincipal, SourceUser } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import { computedUserPrincipalName } from '../mapping/sign-in-name.ts';

/** A user or service principal as Entra ID holds it now. */
export interface SourceAccount {
  readonly kind: 'user' | 'servicePrincipal';
  readonly id: string;
  readonly accountEnabled: boolean;
  /** Users only. */
  readonly userType: string | null;
  /** The name under which an existing resource that belongs to nobody is this one's: sign-in name, or application id. */
  readonly signInName: string;
  /** As Graph sent it. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export function userAccount(user: SourceUser): SourceAccount {
  const { id, accountEnabled, userType, properties } = user;
  const signInName = computedUserPrincipalName(user.userPrincipalName);
  return { kind: 'user', id, accountEnabled, userType, signInName, properties };
}

function servicePrincipalAccount(sp: SourceServicePrincipal): SourceAccount {
  const { id, accountEnabled, appId, properties } = sp;
  return { kind: 'servicePrincipal', id, accountEnabled, userType: null, signInName: appId, properties };
}

export function isGuest(account: Pick<SourceAccount, 'userType'>): boolean {
  return account.userType?.toLowerCase() === 'guest';
}

/** Undefined: 404, which alone proves nothing. */
export async function readAccount(
  directory: GraphDirectory,
  p: Principal,
): Promise<SourceAccount | undefined> {
  if (p.kind === 'servicePrincipal') {
    const found = await directory.getServicePrincipal(p.id);
    return found && servicePrincipalAccount(found);
  }
  const found = await directory.getUser(p.id);
  return found && userAccount(found);
}

/** As {@link readAccount} for many, all of one kind; every id is a key of the answer. */
export async function readAccounts(
  directory: GraphDirectory,
  kind: 'user' | 'servicePrincipal',
  ids: readonly string[],
): Promise<Map<string, SourceAccount | undefined>> {
  if (kind === 'user') {
    const found = await directory.getUsers(ids);
    return new Map([...found].map(([id, user]) => [id, user && userAccount(user)]));
  }
  const found = await directory.getServicePrincipals(ids);
  return new Map([...found].map(([id, sp]) => [id, sp && servicePrincipalAccount(sp)]));
}
