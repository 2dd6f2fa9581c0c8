/**
 * Application permissions of Microsoft Graph that the identity needs, and what for. All of them only read. Sources:
 * Microsoft Graph, permission tables of each request, and "subscription resource type" for the subscriptions, which take
 * no less than Group.Read.All for groups.
 */
export const GRAPH_PERMISSIONS = {
  'User.Read.All': 'users, and the subscription to them',
  'GroupMember.Read.All': 'groups and their members',
  'Group.Read.All': 'the subscription to groups',
  'Application.Read.All': 'service principals, and who is assigned to the enterprise application',
} as const;

/** Asked for only where the configuration says that it was given. */
export const HIDDEN_MEMBERSHIP = 'Member.Read.Hidden';

/**
 * The permissions that a Graph token of our own lacks; undefined where it does not say, such as that of a person, whose
 * roles are others. An app without any has no `roles` claim at all (Microsoft Learn, "Access token claims reference").
 */
export function missingPermissions(
  token: string,
  options: { readonly hiddenMembership: boolean },
): string[] | undefined {
  const { roles, idtyp } = claimsOf(token);
  if (!Array.isArray(roles) && idtyp !== 'app') return undefined;
  const held = new Set<unknown>(Array.isArray(roles) ? roles : []);
  const needed = [
    ...Object.keys(GRAPH_PERMISSIONS),
    ...(options.hiddenMembership ? [HIDDEN_MEMBERSHIP] : []),
  ];
  return needed.filter(permission => !held.has(permission));
}

/** For tokens that we asked for ourselves: nothing is verified. */
function claimsOf(token: string): { readonly roles?: unknown; readonly idtyp?: unknown } {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
