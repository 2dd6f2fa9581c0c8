import { type Principal, principalKey, principal as principalSchema } from '../identity/principal.ts';
import { UsageError } from './usage-error.ts';

/** `user:<object id>`, as it was typed. @throws {UsageError} */
export function typedPrincipal(typed: string): Principal {
  const [kind, ...id] = typed.split(':');
  const { data } = principalSchema.safeParse({ kind, id: asStored(id.join(':')) });
  if (data !== undefined) return data;
  throw new UsageError(
    `${typed} is no principal: an object id, or user:, group: or servicePrincipal: before one`,
  );
}

/** The same, or an object id alone, as what is stored is searched for it. @throws {UsageError} */
export function typedKeyOrId(typed: string): string {
  return typed.includes(':') ? principalKey(typedPrincipal(typed)) : typedPrincipal(`user:${typed}`).id;
}

/** Graph writes GUIDs in lower case, and so are they stored; portals and spreadsheets do not always. */
function asStored(id: string): string {
  return /^[0-9a-f-]{36}$/i.test(id) ? id.toLowerCase() : id;
}
