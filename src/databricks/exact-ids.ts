import type { Reviver } from '../scim/answer.ts';

/**
 * Ids are int64: text in the documentation and numbers in older answers, and a number beyond 2^53 would lose digits. They
 * are taken as they are written. Outside SCIM only, where ids are text.
 */
export function exactIds(...names: readonly string[]): Reviver {
  // The third parameter is of ES2026 (JSON.parse source text access); Node has it since 21.
  return (key, value, context) =>
    names.includes(key) && typeof value === 'number' ? (context?.source ?? `${value}`) : value;
}
