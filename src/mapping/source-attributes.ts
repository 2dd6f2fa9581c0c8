import { Permanent } from '../identity/errors.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type { SourceReader, SourceValue } from '../identity/source-values.ts';
import { SOURCE_ROWS, type SourceAttribute, type SourceRow, sourceRow } from './source-attributes-table.ts';

export type { SourceAttribute, SourceType } from './source-attributes-table.ts';

/** What we know of a principal that Graph does not store with it. */
export interface ComputedSource {
  /**
   * Entra's `IsSoftDeleted`: unassigned, filtered out, soft-deleted or disabled (Microsoft Learn, "Customize user
   * provisioning attribute-mappings").
   */
  readonly isSoftDeleted: boolean;
  /** Values of the app roles assigned to the principal; read as `appRoleAssignments`. */
  readonly appRoles: readonly string[];
}

/** Properties that hold other objects. Reading them as text, or matching on them, is what people try. */
const REFERENCES: ReadonlySet<string> = new Set(
  'manager directReports sponsors members member memberOf transitiveMembers transitiveMemberOf owners ownedObjects'.split(
    ' ',
  ),
);

const PLURAL = { user: 'users', group: 'groups', servicePrincipal: 'service principals' } as const;

/**
 * The attribute of that name, or undefined where the kind has none. Names are those of Entra's provisioning schema and,
 * where Graph's differ, those as well; case counts, as in Entra. `extensionAttribute1` to `15` and directory extensions
 * (`extension_<32 hex digits>_<name>`, single-valued) are attributes like the others.
 */
export function sourceAttribute(kind: PrincipalKind, name: string): SourceAttribute | undefined {
  return sourceRow(kind, name);
}

/** All attributes of a kind, without the directory extensions, which every tenant has of its own. */
export function sourceAttributes(kind: PrincipalKind): readonly SourceAttribute[] {
  return [...SOURCE_ROWS[kind].values()];
}

/** For error texts: the known name that is nearest to a misspelt one, if any is near. */
export function nearestSourceAttribute(kind: PrincipalKind, name: string): string | undefined {
  const wanted = name.toLowerCase();
  // Beyond a third of the letters, a suggestion is more often wrong than right.
  let allowed = Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  for (const known of SOURCE_ROWS[kind].keys()) {
    const distance = editDistance(wanted, known.toLowerCase());
    if (distance > allowed || (nearest !== undefined && distance === allowed)) continue;
    allowed = distance;
    nearest = known;
  }
  return nearest;
}

/** Says why a name is no attribute of a kind, and what is. For the texts of errors about configuration. */
export function whyNoSourceAttribute(kind: PrincipalKind, name: string): string {
  const shown = JSON.stringify(name);
  if (REFERENCES.has(name)) return `${shown} refers to other objects and has no value to read`;
  const start = `${PLURAL[kind]} have no attribute ${shown}`;
  if (/^extension_/i.test(name)) {
    return kind === 'servicePrincipal'
      ? `${start}: service principals have no directory extensions`
      : `${start}: a directory extension is named extension_<application id, 32 hex digits>_<name>`;
  }
  const nearest = nearestSourceAttribute(kind, name);
  return nearest === undefined ? start : `${start}: did you mean ${JSON.stringify(nearest)}?`;
}

/**
 * The top-level Graph properties to `$select` so that these attributes can be read, each once.
 * @throws {RangeError} for a name that is no attribute of the kind: compile the configuration first.
 */
export function selectOf(kind: PrincipalKind, names: readonly string[]): string[] {
  const selected = names.flatMap(name => rowOf(kind, name).select ?? []);
  return [...new Set(selected)];
}

/**
 * Reads attributes of one Graph object, given its raw properties. The empty string, the empty list and a list of empty
 * strings read as null.
 *
 * The reader throws {@link Permanent} where the answer does not carry a property at all, or carries something of
 * another type. Graph sends null for a selected property without a value; were a missing one read as null, a cut answer
 * or a forgotten `$select` would filter people out and cost them their access. Only directory extensions are left out
 * of an answer when empty (Microsoft Graph, "Add custom data to resources").
 *
 * @throws {RangeError} when asked for a name that is no attribute of the kind: compile the configuration first.
 */
export function sourceReader(
  kind: PrincipalKind,
  properties: Readonly<Record<string, unknown>>,
  computed: ComputedSource,
): SourceReader {
  return name => {
    const row = rowOf(kind, name);
    if (row.select === undefined)
      return name === 'IsSoftDeleted' ? computed.isSoftDeleted : list(computed.appRoles);
    const property = Object.hasOwn(properties, row.select) ? properties[row.select] : undefined;
    if (property === undefined && !row.leftOutWhenEmpty) {
      const text = `Graph's answer about a ${kind} lacks ${row.select}, which ${name} is read from`;
      throw new Permanent('SourceAttributeMissing', text);
    }
    const value = row.within === undefined ? (property ?? null) : row.within(property ?? null);
    const read = typed(row, value);
    if (read !== undefined) return read;
    const text = `${name} of a ${kind} is no ${row.type} in Graph's answer`;
    throw new Permanent('SourceAttributeType', text);
  };
}

function rowOf(kind: PrincipalKind, name: string): SourceRow {
  const row = sourceRow(kind, name);
  if (row === undefined) throw new RangeError(whyNoSourceAttribute(kind, name));
  return row;
}

/** The value if it is of the row's type, or undefined. */
function typed({ type }: SourceRow, value: unknown): SourceValue | undefined {
  if (value === null) return null;
  if (type === 'strings') return Array.isArray(value) && value.every(isString) ? list(value) : undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (type === 'integer') return Number.isInteger(value) ? (value as number) : undefined;
  if (!isString(value)) return undefined;
  return value === '' ? null : value;
}

function list(values: readonly string[]): readonly string[] | null {
  const filled = values.filter(value => value !== '');
  return filled.length === 0 ? null : filled;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(changed, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
