/** A clause in the form of the configuration file. */
export interface ModelClause {
  readonly attribute?: string;
  readonly operator:
    | 'EQUALS'
    | 'NOT EQUALS'
    | 'INCLUDES'
    | 'ENDS_WITH'
    | 'REGEX MATCH'
    | 'NOT REGEX MATCH'
    | 'IS NULL'
    | 'IS NOT NULL'
    | 'IsMemberOf';
  readonly value?: string;
}

/**
 * The operators that random tenants use, over single texts. Nobody without a value passes anything but IS NULL, the
 * negated operators included (Microsoft Learn, "Scoping users or groups to be provisioned with scoping filters").
 */
export function passes(
  clauses: readonly ModelClause[],
  properties: Readonly<Record<string, unknown>>,
  isIn: (group: string) => boolean,
): boolean {
  return clauses.every(({ attribute = '', operator, value = '' }) => {
    if (operator === 'IsMemberOf') return isIn(value);
    const text = properties[attribute];
    if (operator === 'IS NULL') return text === null || text === undefined;
    if (typeof text !== 'string') return false;
    switch (operator) {
      case 'EQUALS':
        return text === value;
      case 'NOT EQUALS':
        return text !== value;
      case 'INCLUDES':
        return text.includes(value);
      case 'ENDS_WITH':
        return text.endsWith(value);
      case 'REGEX MATCH':
        return new RegExp(value, 'u').test(text);
      case 'NOT REGEX MATCH':
        return !new RegExp(value, 'u').test(text);
      default:
        return operator === 'IS NOT NULL';
    }
  });
}
