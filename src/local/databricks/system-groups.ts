import type { StoredResource } from './types.ts';

/** Groups that accounts and workspaces have of their own (Terraform provider; ucx SYSTEM_GROUPS). */
const SYSTEM_GROUPS = ['users', 'admins', 'account users'];

/** Guess: in any case and between blanks. */
export function isReservedName(name: string): boolean {
  return SYSTEM_GROUPS.includes(name.trim().toLowerCase());
}

export function isSystemGroup({ type, displayName }: StoredResource): boolean {
  return type === 'Groups' && displayName !== undefined && isReservedName(displayName);
}

/** Holds everybody. No PATCH of it succeeds (terraform-provider-databricks issue 1866). */
export function holdsEverybody(resource: StoredResource): boolean {
  return isSystemGroup(resource) && resource.displayName?.trim().toLowerCase() !== 'admins';
}
