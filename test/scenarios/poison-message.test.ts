import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { memberNames, sendMessages, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('what can never be applied ends in the dead-letter queue with its reason, and everything else goes on', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  // The target refuses the blank for good.
  const poison = user('poison', { userPrincipalName: 'not accepted@contoso.com' });
  const team = group('team', [poison.id, ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, poison], groups: [team], assigned: [team.id, bob.id] }),
    limits: 'off',
  });
  const { directory, databricks, broker } = world.cloud;
  const { store } = databricks;
  const watch = watchWrites(world);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.users.map(({ userName }) => userName).sort()).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  const [refused, ...others] = await world.deadLetters();
  expect(others).toEqual([]);
  expect(refused?.deadLetterReason).toBe('TargetRefused400');
  expect(refused?.deadLetterErrorDescription).toContain(`user:${poison.id}`);
  expect(refused?.deadLetterErrorDescription).not.toContain('contoso.com');
  expect(refused?.body.obligation.principal).toEqual({ kind: 'user', id: poison.id });

  // Another change of the same person fails for the same reason: that is no news.
  const posts = (): number => watch.lines().filter(write => write === 'POST /Users').length;
  const postsBefore = posts();
  directory.store.update(poison.id, { displayName: 'still refused' });
  await world.until('he was tried again', () => posts() > postsBefore);
  await world.drained();
  expect(broker.counts('identity-changes').deadLettered).toBe(1);

  // Messages that are not understood, or that speak of something unknown.
  const obligation = {
    type: 'look',
    target: world.target,
    principal: { kind: 'user', id: ada.id },
    cause: 'replay',
    notBefore: Date.now(),
    heardAt: Date.now(),
    correlationId: 'poison-test',
  };
  const applicationProperties = { chain: 'poison', attempt: 0, hops: 0 };
  await sendMessages(world, [
    { messageId: 'no-json', body: 'garbage' },
    { messageId: 'no-obligation', body: { hello: 'world' }, applicationProperties },
    {
      messageId: 'bad-principal',
      body: { obligation: { ...obligation, principal: { kind: 'user', id: 'a/b' } } },
      applicationProperties,
    },
    { messageId: 'no-properties', body: { obligation } },
    {
      messageId: 'unknown-target',
      body: { obligation: { ...obligation, target: 'account-of-nobody' } },
      applicationProperties,
    },
  ]);
  directory.store.update(ada.id, { displayName: 'Ada' });
  directory.store.update(bob.id, { accountEnabled: false });
  const took = await world.until(
    'the others are served meanwhile',
    () =>
      store.user('ada@contoso.com')?.displayName === 'Ada' && store.user('bob@contoso.com')?.active === false,
  );
  expect(took).toBeLessThan(10_000);
  await world.until(
    'all of them are dead-lettered',
    () => broker.counts('identity-changes').deadLettered === 6,
  );
  const letters = new Map((await world.deadLetters()).map(letter => [letter.messageId, letter]));
  for (const id of ['no-json', 'no-obligation', 'bad-principal', 'no-properties']) {
    expect(letters.get(id)?.deadLetterReason).toBe('InvalidMessage');
    expect(letters.get(id)?.deadLetterErrorDescription).toContain(id);
    expect(letters.get(id)?.deliveryCount).toBeLessThanOrEqual(1);
  }
  expect(letters.get('bad-principal')?.deadLetterErrorDescription).toContain('obligation.principal.id');
  expect(letters.get('unknown-target')?.deadLetterReason).toBe('UnknownTarget');
  expect(letters.get('unknown-target')?.deadLetterErrorDescription).toContain('account-of-nobody');

  // Once the cause is gone, he is provisioned like anybody else, and the group that waited for him gets him.
  directory.store.update(poison.id, { userPrincipalName: 'poison@contoso.com' });
  await world.eventually(
    'he is a member',
    () => memberNames(world, 'team')?.join() === 'ada@contoso.com,poison@contoso.com',
    180_000,
  );
  await world.drained({ laterLooks: true });
  expect(store.user('poison@contoso.com')?.active).toBe(true);
  expect(await world.state.targets.failures(world.target)).toEqual([]);
  expect(broker.counts('identity-changes').deadLettered).toBe(6);
});

test('a group waits for no service principal that the target refuses, and gets it once it is taken', async () => {
  const ada = user('ada');
  const robot = { id: randomUUID(), appId: randomUUID(), displayName: 'robot' };
  const team = group('team', [robot.id, ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], servicePrincipals: [robot], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const create = { method: 'POST', path: /\/ServicePrincipals/, status: 400, times: 1e9 };
  databricks.faults.push(create);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect((await world.deadLetters()).map(letter => letter.deadLetterReason)).toEqual(['TargetRefused400']);
  const { memberIndex } = world.state;
  expect(await memberIndex.pendingOf(world.target, team.id)).toEqual([]);
  expect([...(await memberIndex.asleepIn(world.target, team.id)).keys()]).toEqual([robot.id]);

  databricks.faults.length = 0;
  directory.store.update(robot.id, { displayName: 'robot, mended' });
  const { store } = databricks;
  await world.eventually(
    'it is a member',
    () => store.group('team')?.members.has(store.servicePrincipal(robot.appId)?.id ?? '') === true,
    180_000,
  );
  await world.drained({ laterLooks: true });
  expect(await world.state.targets.failures(world.target)).toEqual([]);
});
