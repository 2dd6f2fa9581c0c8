/**
 * The form in which names are compared: two names that people, or Databricks, would take for the same one are equal.
 * NFKC folds other forms of the same character (full-width letters, ligatures), the rest folds case and outer blanks.
 * Letters of different alphabets that only look alike stay different.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
