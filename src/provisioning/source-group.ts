import type { SourceGroup, SourceMember } from '../directory/types.ts';
import type { Policy } from './policy.ts';

/** Of a group's list, whoever should be its member in the target: devices, contacts and the like never are. */
export function wantedMembers(
  policy: Pick<Policy, 'nesting'>,
  groupId: string,
  listed: readonly SourceMember[],
): SourceMember[] {
  return listed.filter(
    ({ kind, id }) =>
      kind === 'user' ||
      kind === 'servicePrincipal' ||
      (kind === 'group' && policy.nesting.mirror && id !== groupId),
  );
}

/** The group, or one whose members count as its own, hides its members from us. */
export function hidesMembers(
  policy: Pick<Policy, 'nesting' | 'readHiddenMembership'>,
  group: SourceGroup,
  listed: readonly SourceMember[],
): boolean {
  if (policy.readHiddenMembership) return false;
  if (group.visibility === 'HiddenMembership') return true;
  return policy.nesting.members === 'transitive' && listed.some(member => member.hiddenMembership === true);
}

/** Source: Microsoft Graph, "group resource type": `Unified` among the group types. */
export function isMicrosoft365Group(group: Pick<SourceGroup, 'groupTypes'>): boolean {
  return group.groupTypes.includes('Unified');
}
