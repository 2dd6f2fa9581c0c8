import type { GroupAttributes } from '../identity/desired.ts';

/** The attributes of a group as a target should hold them, or undefined where it has no name to be created under. */
export function mapGroup(group: {
  readonly id: string;
  readonly displayName: string | null;
}): GroupAttributes | undefined {
  if (group.displayName === null || group.displayName.trim() === '') return undefined;
  return { displayName: group.displayName, externalId: group.id };
}
