import { readsAppRoles } from '../provisioning/entitlement.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';

/** Value of each app role of the application, by id; empty where nothing of the configuration reads them. */
export async function appRoleValues({
  directory,
  applicationObjectId,
  policy,
}: SourceAccess): Promise<ReadonlyMap<string, string>> {
  const isRead = (['user', 'group', 'servicePrincipal'] as const).some(kind => readsAppRoles(policy, kind));
  if (!isRead) return new Map();
  const application = await directory.findEnterpriseApplication(applicationObjectId);
  const roles = application?.appRoles ?? [];
  return new Map(roles.flatMap(({ id, value }) => (value === null ? [] : [[id, value]])));
}
