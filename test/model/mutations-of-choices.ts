import { inFile, type ListedMutation } from './mutation-list.ts';

/** Of what decides who is in scope, who is taken over, and who gets a name. */
export const choiceMutations: readonly ListedMutation[] = [
  ...inFile('planning/adoption.ts', [
    {
      by: 'tests',
      name: 'a resource with another external id is taken over',
      source: `if (!ours && !nobodys) return 'refuse';
`,
      replacement: '',
    },
    {
      by: 'tests',
      name: 'an administrator is taken over',
      source: `if (existing.roles.some(isAdminValue)) return 'refuse';
`,
      replacement: '',
    },
    {
      by: 'tests',
      name: 'what is switched off is switched on by adoption',
      source: `if (existing.active === false) return 'propose';
`,
      replacement: '',
    },
    {
      by: 'tests',
      name: 'our external id under another name is taken over',
      source: "name === foldName(wanted.name) ? 'adopt'",
      replacement: "name !== '' ? 'adopt'",
    },
  ]),
  ...inFile('planning/find-own.ts', [
    {
      by: 'tests',
      name: 'the first of several candidates is taken',
      source: 'if (candidates.length > 1) return',
      replacement: 'if (candidates.length > 9) return',
    },
    {
      by: 'tests',
      name: 'an empty value matches',
      source: "if (value === undefined || foldName(value) === '') continue;",
      replacement: 'if (value === undefined) continue;',
    },
  ]),
  ...inFile('planning/name-precedence.ts', [
    {
      by: 'tests',
      name: 'the younger group has the better claim',
      source: 'bornAt(a) - bornAt(b)',
      replacement: 'bornAt(b) - bornAt(a)',
    },
  ]),
  ...inFile('scope/scope-decision.ts', [
    {
      by: 'tests',
      name: 'the include list wins over the exclude list',
      source: `if (policy.exclude.has(id)) return FILTERED_OUT;
  if (policy.include.has(id)) return IN_SCOPE;`,
      replacement: `if (policy.include.has(id)) return IN_SCOPE;
  if (policy.exclude.has(id)) return FILTERED_OUT;`,
    },
    {
      by: 'both',
      name: 'an exclusion is not asked for',
      source: `if (policy.exclude.has(id)) return FILTERED_OUT;
`,
      replacement: '',
    },
    {
      by: 'both',
      name: 'everybody is entitled',
      source: `if (!facts.entitled) return UNASSIGNED;
`,
      replacement: '',
    },
    {
      by: 'both',
      name: 'guests are always admitted',
      source: 'policy.guests || facts.isGuest !== true',
      replacement: 'policy.guests || facts.isGuest !== undefined',
    },
    {
      by: 'both',
      name: 'distribution lists come with Microsoft 365 groups',
      source: 'if (facts.isMicrosoft365Group === true) return policy.microsoft365Groups;',
      replacement: 'if (policy.microsoft365Groups) return true;',
    },
  ]),
  ...inFile('scope/filter.ts', [
    {
      by: 'both',
      name: 'one clause of a filter is enough',
      source: 'filter.every(clause',
      replacement: 'filter.some(clause',
    },
    {
      by: 'both',
      name: 'every filter has to pass',
      source: 'compiled.some(filter =>',
      replacement: 'compiled.every(filter =>',
    },
    {
      by: 'tests',
      name: 'membership is never asked for',
      source: 'held.toLowerCase() === group',
      replacement: 'held.toLowerCase() !== group',
    },
  ]),
  ...inFile('scope/operators.ts', [
    {
      by: 'both',
      name: 'without a value NOT EQUALS passes',
      source: 'return found.length > 0 && !found.some(holds);',
      replacement: 'return !found.some(holds);',
    },
    {
      by: 'both',
      name: 'ENDS_WITH looks anywhere',
      source: 'value.endsWith(end)',
      replacement: 'value.includes(end)',
    },
    {
      by: 'both',
      name: 'IS NULL and IS NOT NULL are the same',
      source: 'compile: () => value => value !== null',
      replacement: 'compile: () => value => value === null',
    },
  ]),
];
