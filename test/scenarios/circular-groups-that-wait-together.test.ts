import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** Each is asked for by the poll, and by the look of each of the others. */
const MOST_LOOKS = 12;

test.each(['grant', 'revoke'] as const)(
  'groups that hold each other and wait together do not have each other looked at for ever: %s',
  async rowClass => {
    const people = users(3);
    const groups = people.map(({ id }, index) => group(`ring ${index}`, [id]));
    const ring = groups.map(({ id }) => id);
    await using world = await createWorld({
      seed: tenant({ users: people, groups, assigned: ring }),
      limits: 'off',
    });
    await world.initialCycle();
    const { directory } = world.cloud;
    for (const [index, id] of ring.entries())
      directory.store.addMember(id, ring[(index + 1) % ring.length] ?? '');
    await world.drained({ laterLooks: true });
    expect(memberNames(world, 'ring 0')).toHaveLength(3);

    // As when the target had no room for what the poll told of.
    const looked = world.logs.length;
    const at = Date.now();
    for (const id of ring)
      await world.state.backlog.put(
        {
          target: world.target,
          principal: { kind: 'group', id },
          cause: 'poll',
          notBefore: at,
          heardAt: at,
          correlationId: `ring-${id}`,
        },
        rowClass,
      );
    await world.fire('poll-directory');
    await world.drained({ withinMs: 60_000 });
    const looks = world.logs.slice(looked).filter(line => line.startsWith('looked '));
    expect(looks.length).toBeGreaterThanOrEqual(ring.length);
    expect(looks.length).toBeLessThanOrEqual(MOST_LOOKS);
    await world.drained({ laterLooks: true });
    await expectConverged(world);
  },
);
