import type { World } from './world-types.ts';

/** What an earlier initial cycle of a crowd left behind: a long one, at the published limits. */
export async function provisioned(
  { cloud, state, target }: Pick<World, 'cloud' | 'state' | 'target'>,
  everyone: { readonly id: string; readonly displayName: string | null },
  crowd: readonly { readonly id: string; readonly displayName?: string | null }[],
): Promise<void> {
  const { store } = cloud.databricks;
  const members: Record<string, string> = {};
  for (let start = 0; start < crowd.length; start += 50) {
    await Promise.all(
      crowd.slice(start, start + 50).map(async ({ id, displayName }) => {
        const alias = displayName ?? '';
        const userName = `${alias}@contoso.com`;
        const name = { givenName: alias, familyName: 'Contoso' };
        const { id: scimId } = store.add({
          type: 'Users',
          userName,
          displayName: alias,
          name,
          externalId: id,
        });
        members[id] = scimId;
        const written = { userName, displayName: alias, ...name, externalId: id, active: true };
        await state.links.add(target, {
          principal: { kind: 'user', id },
          status: 'linked',
          scimId,
          name: userName,
          written,
        });
      }),
    );
  }
  const attributes = { displayName: everyone.displayName ?? '', externalId: everyone.id };
  const { id: scimId } = store.add({ type: 'Groups', ...attributes, members: Object.values(members) });
  const principal = { kind: 'group', id: everyone.id } as const;
  await state.links.add(target, {
    principal,
    status: 'linked',
    scimId,
    name: attributes.displayName,
    written: attributes,
  });
  const stored = await state.records.read(target, scimId);
  await state.records.write(target, scimId, stored, { ...stored.value, members });
}
