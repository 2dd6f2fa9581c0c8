import { SourceUnavailable } from '../directory/errors.ts';
import type { EnterpriseApplication } from '../directory/types.ts';
import type { SourceAccess } from './source-evidence.ts';

/** @throws {SourceUnavailable} when it is not found: that nobody is assigned, or has a role, does not follow. */
export async function readApplication({
  directory,
  applicationObjectId,
}: Pick<SourceAccess, 'directory' | 'applicationObjectId'>): Promise<EnterpriseApplication> {
  const application = await directory.findEnterpriseApplication(applicationObjectId);
  if (application === undefined)
    throw new SourceUnavailable('ApplicationNotFound', 'the enterprise application is not found');
  return application;
}
