import type { GraphCall } from './call.ts';
import { GraphFailure } from './errors.ts';
import { hasProperty, isOutside } from './properties.ts';
import type { ObjectKind } from './types.ts';

/** What a request reads: of one object, of a list, or of what changed, where some relations may be selected too. */
type Reading = 'one' | 'list' | { readonly deltaWith: readonly string[] };

/**
 * `$select`, refused where it names what none of `kinds` has: a misspelt property must not read as null here and fail
 * in the cloud. A directory extension is known once an application defines it or an object has it (Guess).
 *
 * @throws GraphFailure 400, or 501 for a list with a property that is kept outside the directory.
 */
export function selectOf(
  call: GraphCall,
  kinds: readonly ObjectKind[],
  reading: Reading = 'list',
): string[] | undefined {
  const { select } = call.query;
  const relations = typeof reading === 'object' ? reading.deltaWith : [];
  for (const name of select ?? []) {
    const known = kinds.some(kind => hasProperty(kind, name) || call.store.definesExtension(kind, name));
    if (!known && !relations.includes(name)) throw unknown(kinds, name);
    // Source: "Delta query overview", limitations. Guess: a delta query takes the name, and never reports a change.
    if (reading === 'list' && kinds.some(kind => isOutside(kind, name))) {
      throw new GraphFailure(501, 'NotImplemented', 'This operation target is not yet supported.');
    }
  }
  return select;
}

function unknown(kinds: readonly ObjectKind[], name: string): GraphFailure {
  const type = kinds.length === 1 ? kinds[0] : 'directoryObject';
  const reason = `Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`;
  return new GraphFailure(400, 'BadRequest', `Parsing OData Select and Expand failed: ${reason}`);
}
