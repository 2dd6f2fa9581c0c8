import { expect, test } from 'vitest';
import { nestingPolicy } from '../../src/provisioning/policy.ts';
import { useStorage } from '../state/storage.ts';
import { openMembers } from './member-bench.ts';
import { defaultPolicy } from './targets.ts';

const storage = useStorage();

/** A target in which P is assigned, as far as looks at P and polls are concerned. */
async function openTarget(id: string, nestedGroups: 'flatten' | 'direct') {
  const policy = { ...defaultPolicy(), nesting: nestingPolicy(nestedGroups, false) };
  const { look, heardOfByU } = await openMembers(id, { state: storage.state, policy });
  return {
    /** A look at P that found these groups below it, and no member that is not there yet. */
    lookAtP: (nested: readonly string[], groupLeft = false) => look('p', 'scim-p', { nested, groupLeft }),
    heardOfByU,
  };
}

test('a group that is no longer nested for one target still reaches its ancestors in another', async () => {
  const flattened = await openTarget('flattened', 'flatten');
  const direct = await openTarget('direct', 'direct');
  // P holds C and E, and E holds C.
  await flattened.lookAtP(['c', 'e']);
  await direct.lookAtP(['c', 'e']);
  // C is taken out of P itself: whoever counts nested members finds it below P all the same.
  await flattened.lookAtP(['c', 'e']);
  await direct.lookAtP(['e']);
  expect(await flattened.heardOfByU()).toEqual(['c', 'p']);
  expect(await direct.heardOfByU()).toEqual([]);
});

test('a group that leaves the scope of one target is still followed in another', async () => {
  const stays = await openTarget('stays', 'flatten');
  const leaves = await openTarget('leaves', 'flatten');
  await stays.lookAtP(['c']);
  await leaves.lookAtP(['c']);
  await leaves.lookAtP([], true);
  expect(await stays.heardOfByU()).toEqual(['c', 'p']);
  expect(await leaves.heardOfByU()).toEqual([]);
});
