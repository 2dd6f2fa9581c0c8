import { expect, test } from 'vitest';
import { obligationSubject } from '../../src/messaging/message.ts';
import { expectConverged, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const MINUTE = 60_000;

test('a list that lacks a member for an hour and a half takes nothing away, and is read less and less often', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, broker } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const wrong = writesFromNow(world);
  const subject = obligationSubject(world.target, `group:${team.id}`);
  const looks: number[] = [];
  broker.gate = ({ kind, messageId }) => {
    if (kind === 'send' && messageId.startsWith(`${subject}|l|`)) looks.push(Date.now());
  };
  const began = Date.now();
  directory.faults.truncateLists = /transitiveMembers/;
  directory.store.update(team.id, { description: 'touched' });
  await world.idle(90 * MINUTE);
  expect(wrong.paths()).toEqual([]);
  const within = (from: number, to: number): number =>
    looks.filter(at => at - began >= from * MINUTE && at - began < to * MINUTE).length;
  // Soon at first, since most replicas catch up within minutes.
  expect(within(0, 5)).toBeGreaterThanOrEqual(3);
  // Then every quarter of an hour, and never not at all: nothing else may tell of it.
  expect(within(60, 90)).toBeGreaterThanOrEqual(1);
  expect(within(60, 90)).toBeLessThanOrEqual(3);

  // What happens meanwhile is looked at as soon as ever.
  directory.faults.truncateLists = false;
  directory.store.removeMember(team.id, bob.id);
  await world.eventually(
    'bob is out',
    () => !memberNames(world, 'team')?.includes('bob@contoso.com'),
    MINUTE,
  );
  await world.drained({ laterLooks: true, withinMs: 20 * MINUTE });
  await expectConverged(world);
}, 120_000);
