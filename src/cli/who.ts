import { userInfo } from 'node:os';
import type { Settings } from '../config/settings.ts';
import { appCredential } from '../directory/app-credential.ts';
import { objectIdOf } from '../identity/token-claims.ts';

/** Of storage in every cloud (Microsoft Learn, "Authorize access to blobs using Microsoft Entra ID"). */
const STORAGE_SCOPE = 'https://storage.azure.com/.default';

/**
 * Who decides: the Entra object id that the storage account sees as well, since its table is where a decision is written.
 * Where the account is opened with a key, as on this machine, nobody is known but the user of the machine.
 *
 * @throws where there is no token, or none that names anybody: a decision of nobody is none
 */
export async function whoeverAsks({
  storage,
  config,
}: Pick<Settings, 'storage' | 'config'>): Promise<string> {
  if ('connectionString' in storage) return userInfo().username;
  const token = await appCredential(config.source.cloud).getToken(STORAGE_SCOPE);
  const id = objectIdOf(token?.token ?? '');
  if (id === undefined) throw new Error('the token for the storage account names nobody who could decide');
  return id;
}
