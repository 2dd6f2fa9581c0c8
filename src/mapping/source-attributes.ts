import { Permanent } from '../identity/errors.ts';
import { nearestName } from '../identity/nearest-name.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { present, type SourceReader, type SourceValue } from '../identity/source-values.ts';
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
  const nearest = nearestName(name, SOURCE_ROWS[kind].keys());
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
      return name === 'IsSoftDeleted' ? computed.isSoftDeleted : present(computed.appRoles);
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
  if (type === 'strings') return Array.isArray(value) && value.every(isString) ? present(value) : undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (type === 'integer') return Number.isInteger(value) ? (value as number) : undefined;
  return isString(value) ? present(value) : undefined;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
