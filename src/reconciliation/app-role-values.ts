import { readAppRoles, readsAppRoles } from '../provisioning/entitlement.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';

/** Value of each app role of the application, by id; empty where nothing of the configuration reads them. */
export async function appRoleValues(source: SourceAccess): Promise<ReadonlyMap<string, string>> {
  const isRead = (['user', 'group', 'servicePrincipal'] as const).some(kind =>
    readsAppRoles(source.policy, kind),
  );
  return isRead ? readAppRoles(source) : new Map();
}
