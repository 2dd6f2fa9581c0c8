/** Hex digits of the object id in a suffix: enough to tell groups of one name apart. */
const DIGITS = 8;

/** The name with the beginning of the object id, as one of several groups of that name gets it. */
export function withSuffix(name: string, objectId: string, maxLength: number): string {
  const suffix = ` (${objectId.slice(0, DIGITS)})`;
  return name.slice(0, maxLength - suffix.length) + suffix;
}
