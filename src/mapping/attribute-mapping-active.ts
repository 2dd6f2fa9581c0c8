import type { SourceValue } from '../identity/source-values.ts';
import { MappingFailure } from './attribute-mapping-errors.ts';
import type { ValueSource } from './attribute-mapping-source.ts';

/**
 * Whether a mapping to `active` says what it must: False for a leaver, True for everybody else. Whoever could map
 * something else could keep a dismissed account alive, or switch off everybody. Direct from IsSoftDeleted stands for
 * its inverse, as in Entra's own table of default mappings.
 */
export function followsSoftDeleted(source: ValueSource): boolean {
  if (source.volatile.length > 0) return false;
  if (source.attributes.length !== 1 || source.attributes[0] !== 'IsSoftDeleted') return false;
  if (source.kind === 'direct') return true;
  return answers(source, true, false) && answers(source, false, true);
}

function answers(source: ValueSource, softDeleted: boolean, active: boolean): boolean {
  try {
    const { value, ignored } = source.flow(() => softDeleted);
    return !ignored && asBoolean(value) === active;
  } catch (error) {
    if (!(error instanceof MappingFailure)) throw error;
    return false;
  }
}

/** Expressions write booleans as text. */
function asBoolean(value: SourceValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'True') return true;
  return value === 'False' ? false : undefined;
}
