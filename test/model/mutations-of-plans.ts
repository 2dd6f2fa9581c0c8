import { inFile, type ListedMutation } from './mutation-list.ts';

/** Of what compares, and of what turns a difference into writes. */
export const compareMutations: readonly ListedMutation[] = [
  ...inFile('planning/compare.ts', [
    {
      by: 'both',
      name: 'an audit does not see that a leaver is active',
      source: "if (leaver === 'stays' || !(isLeft || status === 'creating')) return [];",
      replacement: "if (leaver !== 'goes') return [];",
    },
    {
      by: 'model',
      name: 'an audit does not respect a grace period',
      source: "if (leaver === 'stays' || !(isLeft || status === 'creating')) return [];",
      replacement: "if (!(isLeft || status === 'creating')) return [];",
    },
    {
      by: 'both',
      name: 'an audit sees no drifted attribute',
      source: 'if (switchedOff)',
      replacement: 'if (switchedOff || there.active !== undefined)',
    },
    {
      by: 'both',
      name: 'a name that the target stored in lower case counts as another',
      source: 'return foldName(String(wanted)) !== name;',
      replacement: 'return String(wanted) !== String(value);',
    },
    {
      by: 'tests',
      name: 'what somebody else switched off is switched on again',
      source: 'link.written.active === true && !link.unsettled;',
      replacement: 'link.written.active === undefined && !link.unsettled;',
    },
    {
      by: 'tests',
      name: 'resources of other principals are up for adoption',
      source: '!claimed.has(',
      replacement: '!new Set<string>().has(',
    },
    {
      by: 'tests',
      name: 'the linked group does not keep its name',
      source: 'const keeper = holder ?? claimants',
      replacement: 'const keeper = claimants',
    },
    {
      by: 'tests',
      name: 'an audit forgets a create that is open',
      source:
        "if (link.status === 'creating') return [{ principal, action: 'create', rowClass: 'bulk', detail: [] }];",
      replacement: "if (link.status === 'creating') return [];",
    },
  ]),
  ...inFile('planning/compare-members.ts', [
    {
      by: 'both',
      name: 'an audit removes members that we never wrote',
      source: 'const surplus = Object.entries(link.members ?? {})',
      replacement: 'const surplus = [...there].map((member): [string, string] => [member, member])',
    },
    {
      by: 'both',
      name: 'an audit does not see a missing member',
      source: 'return member !== undefined && !there.has(member);',
      replacement: 'return member === undefined && !there.has(id);',
    },
    {
      by: 'tests',
      name: 'surplus members wait behind the initial load',
      source: "rowClass: surplus.length > 0 ? 'revoke' : 'bulk',",
      replacement: "rowClass: 'bulk',",
    },
    {
      by: 'tests',
      name: 'a group that hides its members is compared',
      source: 'if (group?.hidden === true || (',
      replacement: 'if ((',
    },
  ]),
  ...inFile('planning/membership-plan.ts', [
    {
      by: 'tests',
      name: 'a removal whose answer was lost is taken for undone',
      source: '...Object.keys(intent?.remove ?? {}),',
      replacement: '...Object.keys({}),',
    },
    {
      by: 'tests',
      name: 'members that may have been added are not removed again',
      source: '...intent?.remove, ...intent?.add, ...record.members',
      replacement: '...intent?.remove, ...record.members',
    },
    {
      by: 'both',
      name: 'what an audit saw missing is not written again',
      source: `    ...uncertain,
`,
      replacement: `    ...uncertain.slice(0, 0),
`,
    },
    {
      by: 'both',
      name: 'nobody is ever removed',
      source: 'else if (!Object.hasOwn(wanted, id)) remove[id] = scimId;',
      replacement: 'else if (Object.hasOwn(wanted, id)) delete remove[id];',
    },
    {
      by: 'tests',
      name: 'a large shrink is suspicious by either limit alone',
      source: 'removals > limit.members && removals',
      replacement: 'removals > limit.members || removals',
    },
    {
      by: 'both',
      name: 'a PATCH adds more members than the target takes',
      source: 'adds.splice(0, limits.maxAdds)',
      replacement: 'adds.splice(0)',
    },
    {
      by: 'tests',
      name: 'a PATCH has one operation too many',
      source: 'remove.length < limits.maxOperations;',
      replacement: 'remove.length <= limits.maxOperations;',
    },
  ]),
  ...inFile('planning/resource-plan.ts', [
    {
      by: 'tests',
      name: 'a write whose answer was lost is taken for done',
      source: `if (link.intent !== undefined && name in link.intent.attributes) return true;
`,
      replacement: '',
    },
    {
      by: 'both',
      name: 'what an audit saw differing is not written again',
      source: `if (link.uncertain?.includes(name)) return true;
`,
      replacement: '',
    },
    {
      by: 'both',
      name: 'a name that cannot be written is written again and again',
      source: `if (name === traits.nameAttribute && traits.nameIsImmutable) return false;
`,
      replacement: '',
    },
    {
      by: 'both',
      name: 'a revocation is not called one',
      source: "if (changes.active === false) return 'revoke';",
      replacement: "if (changes.active === false) return 'attribute';",
    },
    {
      by: 'tests',
      name: 'a removed account is brought back',
      source: "wanted.create === undefined ? { action: 'none' } : { action: 'gone' };",
      replacement:
        "wanted.create === undefined ? { action: 'none' } : { action: 'create', attributes: wanted.create };",
    },
  ]),
  ...inFile('planning/lifecycle.ts', [
    {
      by: 'both',
      name: 'every event starts the grace period anew',
      source: 'since: before?.since ?? now',
      replacement: 'since: now',
    },
    {
      by: 'both',
      name: 'a grace period is not waited for',
      source: "if (rule.action !== 'keep' && now < until)",
      replacement: "if (rule.action === 'keep' && now < until)",
    },
    {
      by: 'both',
      name: 'a grace period never ends for audits',
      source: 'now < leaving.since + rule.graceMs',
      replacement: 'now >= leaving.since',
    },
  ]),
];
