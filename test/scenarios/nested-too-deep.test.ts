import { expect, test } from 'vitest';
import { audit, openHolds } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const LEVELS = 12;

test('groups nested deeper than the target allows are provisioned, left out of the nesting, and reported', async () => {
  const deepest = user('deep');
  const groups = [group(`level ${LEVELS}`, [deepest.id])];
  for (let level = LEVELS - 1; level > 0; level -= 1)
    groups.unshift(
      group(
        `level ${level}`,
        groups.slice(0, 1).map(({ id }) => id),
      ),
    );
  const [top] = groups;
  await using world = await createWorld({
    seed: tenant({ users: [deepest], groups, assigned: [top?.id ?? ''] }),
    limits: 'off',
    config: { scope: { nestedGroups: 'mirror' } },
  });
  const { store } = world.cloud.databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  world.clock.advance(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });

  const membersOf = (level: number): number | undefined => store.group(`level ${level}`)?.members.size;
  for (let level = 1; level < 10; level += 1) expect(membersOf(level), `level ${level}`).toBe(1);
  expect(membersOf(10)).toBe(0);
  expect(memberNames(world, `level ${LEVELS}`)).toEqual(['deep@contoso.com']);
  const held = (await openHolds(world)).filter(({ hold }) => hold.startsWith('nesting-cut'));
  expect(held).toContainEqual({ hold: `nesting-cut group:${groups[9]?.id}`, ids: [groups[10]?.id] });
  expect(await world.deadLetters()).toEqual([]);
}, 120_000);
