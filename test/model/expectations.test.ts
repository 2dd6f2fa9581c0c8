import { expect, test } from 'vitest';
import { Expectations } from './expectations.ts';
import type { ModelConfig } from './model-config.ts';
import type { Snapshot } from './snapshot.ts';

const LOOK_MS = 20_000;
const config: ModelConfig = {
  mode: 'assigned',
  nestedGroups: 'flatten',
  guests: true,
  microsoft365Groups: false,
  servicePrincipals: true,
  include: [],
  exclude: [],
  filters: { user: [], group: [], servicePrincipal: [] },
};

function seen(at: number, name: string, isAssigned: boolean): Snapshot {
  const properties = { userPrincipalName: `${name}@contoso.com`, displayName: 'Ada', accountEnabled: true };
  return {
    at,
    live: new Map([['ada', { id: 'ada', kind: 'user', properties }]]),
    bin: new Set(),
    members: new Map(),
    assigned: new Set(isAssigned ? ['ada'] : []),
  };
}

const account = {
  kind: 'user',
  id: 'ada',
  name: 'old@contoso.com',
  displayName: 'Ada',
  active: true,
  members: new Set<string>(),
} as const;

/** Renamed, and assigned so long afterwards. */
function problems(afterMs: number, lookMs: number): string[] {
  const expectations = new Expectations(config, { lookMs });
  expectations.see(seen(0, 'old', false));
  expectations.see(seen(100_000, 'new', false));
  expectations.see(seen(100_000 + afterMs, 'new', true));
  return expectations.check(new Map([['ada', account]]), new Set());
}

const WRONG = ['user ada is called old@contoso.com, which it was not created as'];

test('an account may have the name of just before, where one look read the name and only then the assignment', () => {
  expect(problems(0, LOOK_MS)).toEqual([]);
  expect(problems(LOOK_MS, LOOK_MS)).toEqual([]);
});

test('and no older one, nor any where a look takes no time', () => {
  expect(problems(LOOK_MS + 1, LOOK_MS)).toEqual(WRONG);
  expect(problems(0, 0)).toEqual(WRONG);
});
