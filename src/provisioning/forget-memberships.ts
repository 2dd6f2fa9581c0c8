import type { State } from '../state/state.ts';

/** The target took the memberships with the resource. They are remembered as wanted, should its principal come back. */
export async function forgetMemberships(state: State, target: string, member: string): Promise<void> {
  for (const group of await state.memberIndex.groupsOf(target, member)) {
    const scimGroupId = (await state.links.get(target, { kind: 'group', id: group }))?.value.scimId;
    if (scimGroupId !== undefined) {
      const stored = await state.records.read(target, scimGroupId);
      const { [member]: _, ...members } = stored.value.members;
      if (member in stored.value.members)
        await state.records.write(target, scimGroupId, stored, { ...stored.value, members });
    }
    await state.memberIndex.addAsleep(target, group, [member]);
    await state.memberIndex.removeMembers(target, group, [member]);
  }
}
