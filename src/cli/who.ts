import { userInfo } from 'node:os';

/** The user of this machine: who may decide is settled by who may write to the storage account. */
export function whoeverAsks(): string {
  return userInfo().username;
}
