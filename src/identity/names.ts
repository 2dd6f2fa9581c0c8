/**
 * The form in which names are compared: two names that people, or Databricks, would take for the same one are equal.
 * NFKC folds look-alike code points, the rest folds case and outer blanks.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
