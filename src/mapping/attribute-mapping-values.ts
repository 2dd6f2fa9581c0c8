import { valuePath } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import type { SourceValue } from '../identity/source-values.ts';
import { textOf } from './expression/values.ts';

/** Entitlements that Databricks knows (Terraform provider, scim/scim.go). */
const ENTITLEMENTS: readonly string[] = [
  'allow-cluster-create',
  'allow-instance-pool-create',
  'databricks-sql-access',
  'workspace-access',
  'workspace-consume',
];

/** They conflict with each other (Terraform provider, scim/scim.go). */
const CONSUMER = 'workspace-consume';
const WORKERS: readonly string[] = ['workspace-access', 'databricks-sql-access'];

/**
 * Whether a value gives administration, as `account_admin` does. Every value with "admin" in it counts, in whatever
 * spelling: which others a target takes for one of them is unknown (guess, adversarial).
 */
export function isAdminValue(value: string): boolean {
  return foldName(value).includes('admin');
}

/** What is wrong with a declared list of values, or undefined. */
export function declaredValuesProblem(attribute: string, values: readonly string[]): string | undefined {
  if (values.length === 0) return `${attribute} needs the values that may be given, at least one`;
  // They are written into SCIM paths, where quotes would end them.
  const bad = values.find(value => value.trim() !== value || !/^[^"\\\p{Cc}]{1,255}$/u.test(value));
  if (bad !== undefined)
    return `${JSON.stringify(bad)} cannot be a value: 1 to 255 characters without quotes, backslashes or blanks at the ends`;
  const folded = values.map(foldName);
  const twice = values.find((_, index) => folded.indexOf(folded[index] ?? '') !== index);
  if (twice !== undefined) return `${JSON.stringify(twice)} is listed twice`;
  const unknown =
    attribute === 'entitlements' ? values.find(value => !ENTITLEMENTS.includes(value)) : undefined;
  if (unknown !== undefined)
    return `Databricks knows no entitlement ${JSON.stringify(unknown)}; it knows ${ENTITLEMENTS.join(', ')}`;
  if (attribute !== 'entitlements' || !values.includes(CONSUMER)) return undefined;
  const other = values.find(value => WORKERS.includes(value));
  return other === undefined
    ? undefined
    : `${CONSUMER} and ${other} exclude each other: a workspace gives nobody both, so that one list cannot have both`;
}

export interface ValuePolicy {
  readonly attribute: string;
  /** Nothing outside this list is ever given. */
  readonly values: readonly string[];
  /** Declared values that the source does not give are taken away; else they are left alone. */
  readonly assert: boolean;
}

/** Flat booleans of the declared values. Administration is given only to whom it is allowed, and never taken away. */
export function valueAttributes(
  { attribute, values, assert }: ValuePolicy,
  given: SourceValue,
  mayAdminister: boolean,
): Readonly<Record<string, boolean>> {
  const named = new Set(given === null ? [] : typeof given === 'object' ? given : [textOf(given)]);
  const wanted = new Map<string, boolean>();
  for (const value of values) {
    if (isAdminValue(value) && !mayAdminister) continue;
    if (named.has(value)) wanted.set(valuePath(attribute, value), true);
    else if (assert && !isAdminValue(value)) wanted.set(valuePath(attribute, value), false);
  }
  return Object.fromEntries(wanted);
}
