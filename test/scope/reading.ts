import type { SourceReader, SourceValue } from '../../src/identity/source-values.ts';
import { type Clause, compileFilters, type Filter, FilterError } from '../../src/scope/filter.ts';

export const nobody: ReadonlySet<string> = new Set();

/** A principal with these attributes; asking for another one is a fault. */
export function reading(attributes: Readonly<Record<string, SourceValue>>): SourceReader {
  return name => {
    const value = attributes[name];
    if (value === undefined) throw new Error(`nobody should read ${name}`);
    return value;
  };
}

/** Whether a user whose attribute has this value satisfies a clause about it. */
export function holds(clause: Clause & { attribute: string }, value: SourceValue): boolean {
  return compileFilters('user', [[clause]]).passes(reading({ [clause.attribute]: value }), nobody);
}

/** The error about filters that cannot be used. */
export function refusal(filters: readonly Filter[], kind: 'user' | 'group' | 'servicePrincipal' = 'user') {
  try {
    compileFilters(kind, filters);
  } catch (error) {
    if (error instanceof FilterError) return { path: error.path, message: error.message };
    throw error;
  }
  return undefined;
}
