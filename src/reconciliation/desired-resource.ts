import type { SourceReader } from '../identity/source-values.ts';
import { type CompiledMapping, MappingFailure } from '../mapping/attribute-mapping.ts';
import type { DesiredResource } from '../planning/picture.ts';

/**
 * What a target should hold of one principal in scope. One that cannot be mapped keeps what it has: its look says why,
 * and nothing is concluded from it here.
 */
export function desiredResource(
  mapping: CompiledMapping,
  read: SourceReader,
  adoptableName?: string,
): DesiredResource {
  try {
    const { create, set, match, missing } = mapping.map(read);
    const kept = set.active === undefined ? {} : { active: set.active };
    return { create, match, set: missing.length > 0 ? kept : set, adoptableName };
  } catch (error) {
    if (!(error instanceof MappingFailure)) throw error;
    return { create: {}, match: {}, set: {}, adoptableName };
  }
}
