import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_NESTING_DEPTH } from '../../src/databricks/limits.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { cutNesting } from '../../src/provisioning/nesting-cuts.ts';
import { nestingPolicy } from '../../src/provisioning/policy.ts';
import type { State } from '../../src/state/state.ts';
import { type Pair, startPair } from '../directory/graph.ts';
import { useStorage } from '../state/storage.ts';
import { defaultPolicy } from './targets.ts';

const storage = useStorage();
/** No group of these tests is in it: nothing is below any of them. */
let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair[Symbol.asyncDispose]());

const asGroup = (id: string): Principal => ({ kind: 'group', id });
const policy = { ...defaultPolicy(), nesting: nestingPolicy('mirror', false) };

/** Which of `nested` cannot be nested in `group`. */
async function tooDeep(target: string, group: string, nested: string, state: State = storage.state) {
  const o = { state, policy, directory: pair.graph };
  return (await cutNesting(o, target, asGroup(group), [asGroup(nested)])).tooDeep;
}

/** Each of these holds the next one. */
async function chain(target: string, groups: readonly string[]): Promise<void> {
  for (const [index, below] of groups.slice(1).entries())
    await storage.state.nesting.remember(target, groups[index] ?? '', [below], 1);
}

const levels = (count: number): string[] => Array.from({ length: count }, (_, i) => `level-${10 + i}`);

describe('how deep a group is', () => {
  test('is counted along the longest of its ways', async () => {
    const groups = levels(MAX_NESTING_DEPTH);
    const [top = '', lowest = ''] = [groups[0], groups.at(-1)];
    await chain('longest', groups);
    await storage.state.nesting.remember('longest', top, [lowest], 1);
    expect(await tooDeep('longest', lowest, 'more')).toEqual(['more']);
    expect(await tooDeep('longest', groups.at(-2) ?? '', lowest)).toEqual([]);
  });

  test('does not depend on how another target nests its groups', async () => {
    const groups = levels(MAX_NESTING_DEPTH + 2);
    await chain('deep', groups);
    await chain('flat', groups.slice(0, 2));
    expect(await tooDeep('deep', groups.at(-1) ?? '', 'more')).toEqual(['more']);
    expect(await tooDeep('flat', groups.at(-1) ?? '', 'more')).toEqual([]);
  });

  test('does not grow by the membership that a circle loses', async () => {
    const groups = levels(MAX_NESTING_DEPTH + 2);
    await chain('circle', [...groups, groups[0] ?? '']);
    // The smallest of them is nested in none, the others in order below it.
    expect(await tooDeep('circle', groups[0] ?? '', 'more')).toEqual([]);
    expect(await tooDeep('circle', groups[MAX_NESTING_DEPTH - 2] ?? '', 'more')).toEqual([]);
    expect(await tooDeep('circle', groups[MAX_NESTING_DEPTH - 1] ?? '', 'more')).toEqual(['more']);
  });

  test('costs one read for each group above, however many ways lead through them', async () => {
    const [rows, width] = [MAX_NESTING_DEPTH, 4];
    const row = (level: number): string[] => Array.from({ length: width }, (_, i) => `dense-${level}-${i}`);
    for (let level = 1; level < rows; level += 1)
      for (const above of row(level - 1)) await storage.state.nesting.remember('dense', above, row(level), 1);
    const { proxy, state } = await storage.proxied();
    try {
      const [lowest = ''] = row(rows - 1);
      expect(await tooDeep('dense', lowest, 'more', state)).toEqual(['more']);
      expect(proxy.requests).toBeLessThanOrEqual((rows - 1) * width + 1);
    } finally {
      await proxy.close();
    }
  });
});
