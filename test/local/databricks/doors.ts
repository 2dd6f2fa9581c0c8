import { expect } from 'vitest';
import { addWorkspace, call, type RawAnswer, startAccount } from './fixture.ts';

/** The four families of SCIM endpoints: two versions of the account's, a workspace's own, the account's behind it. */
export const DOORS = ['2.0', '2.1', 'workspace', 'proxy'] as const;
export type DoorName = (typeof DOORS)[number];

/** One of them over an empty account, with direct access to what is stored behind it. */
export async function openDoor(name: DoorName, options: { federated?: boolean } = {}) {
  const account = await startAccount();
  const { workspace } = await addWorkspace(account, options);
  const { databricks } = account;
  const base = {
    '2.0': databricks.scimUrl20,
    '2.1': databricks.scimUrl,
    workspace: workspace.scimUrl,
    proxy: workspace.proxyUrl,
  }[name];
  const realm = name === 'workspace' ? workspace : databricks;
  return {
    account,
    workspace,
    realm,
    store: realm.store,
    base,
    send: (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
      call(method, `${base}${path}`, { body }),
    close: () => account.close(),
  };
}

export type OpenDoor = Awaited<ReturnType<typeof openDoor>>;

/** What an error says, whichever shape it has. */
export function said({ json }: RawAnswer): string {
  return json.detail ?? json.message;
}

/** The groups that tests made, without those that a workspace has of its own. */
export function ownGroups({ store }: OpenDoor): string[] {
  return store.groups
    .flatMap(({ displayName }) => displayName ?? [])
    .filter(name => !/^(users|admins)$/.test(name));
}

/** How an error of a door looks. */
export function errorShape(name: DoorName, status: number): object {
  if (name === '2.1') return { error_code: expect.any(String), message: expect.any(String) };
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    detail: expect.any(String),
    status: `${status}`,
  };
}
