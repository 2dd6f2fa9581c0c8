import { hasProperty, isExtension, LISTS, PROPERTIES } from './properties.ts';
import type { ObjectKind, StoredObject } from './types.ts';

/** `#microsoft.graph.user` and so on. */
export function odataType(kind: ObjectKind): string {
  return `#microsoft.graph.${kind}`;
}

/** `users`, `groups`, …: the entity set of a kind. */
export const SET_OF: Record<ObjectKind, string> = {
  user: 'users',
  group: 'groups',
  servicePrincipal: 'servicePrincipals',
  device: 'devices',
};

/** The properties as the wire shows them; what is not stored is null. */
export function render(
  object: StoredObject,
  select: readonly string[] | undefined,
  typed = false,
): Record<string, unknown> {
  const names = select ?? PROPERTIES[object.kind].byDefault;
  const shown: Record<string, unknown> = typed ? { '@odata.type': odataType(object.kind) } : {};
  // The documented `$select` answer of a group carries its id unasked, that of a user does not.
  if (object.kind === 'group' && !names.includes('id')) shown.id = object.id;
  for (const name of names) {
    const value = propertyOf(object, name);
    // In a list of mixed kinds, `$select` yields what each kind has. Guess: an extension without a value is left out.
    if (isExtension(name) ? value !== null : hasProperty(object.kind, name)) shown[name] = value;
  }
  return shown;
}

const NO_EXTENSION_ATTRIBUTES: Readonly<Record<string, null>> = Object.fromEntries(
  Array.from({ length: 15 }, (_, i) => [`extensionAttribute${i + 1}`, null]),
);

export function propertyOf(object: StoredObject, name: string): unknown {
  if (name === 'id') return object.id;
  if (name === 'deletedDateTime') return object.deletedDateTime;
  const value = object.properties[name] ?? (LISTS.has(name) ? [] : null);
  // A deleted user's name is prefixed with its object id (without dashes), which frees the name for others.
  if (name === 'userPrincipalName' && object.deletedDateTime)
    return object.id.replaceAll('-', '') + String(value);
  if (name === 'onPremisesExtensionAttributes') return { ...NO_EXTENSION_ATTRIBUTES, ...(value ?? {}) };
  return value;
}
