/** Groups that every account or workspace has and that nobody may create (Terraform provider, ucx SYSTEM_GROUPS). */
const RESERVED_GROUP_NAMES: readonly string[] = ['users', 'admins', 'account users'];

/**
 * Whether a group of that name would pass for one of Databricks' own. Compared after NFKC, trimming and case
 * folding, and with runs of white space as one blank: a name that only looks like `admins` is dangerous as well.
 */
export function isReservedGroupName(displayName: string): boolean {
  // Upper-casing first folds what lower-casing alone keeps apart, such as the dotless i.
  const folded = displayName.normalize('NFKC').trim().replace(/\s+/g, ' ').toUpperCase().toLowerCase();
  return RESERVED_GROUP_NAMES.includes(folded);
}
