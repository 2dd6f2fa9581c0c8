import { expect } from 'vitest';
import { PUBLISHED_LIMITS } from '../../src/databricks/limits.ts';
import type { RequestRecord } from '../../src/local/databricks/types.ts';
import { memberNames, scimIdOf, writes } from '../harness/observe.ts';
import { provisioned } from '../harness/provisioned.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const POLL_MS = 60_000;
const MARGIN_MS = 5_000;
const MOST_WRITES_BEFORE = (MARGIN_MS / 1_000) * PUBLISHED_LIMITS.patch.requests;

/**
 * So many changes are active on the queue, at the published limits, when somebody is disabled, somebody leaves a nested
 * group and an assignment ends: each loss of access is applied within the poll interval plus five seconds, and once its
 * row exists, hardly any other write starts before it.
 */
export async function dismissalBehind(changes: number): Promise<void> {
  // No more people than a target takes; what is left of the changes are those of groups.
  const crowd = users(Math.min(changes, 9_900), 'crowd');
  const teams = Array.from({ length: changes - crowd.length }, (_, index) => group(`team${index}`, []));
  const [disabled, left, unassigned] = [user('disabled'), user('left'), user('unassigned')];
  const everyone = group(
    'everyone',
    crowd.map(({ id }) => id),
  );
  const inner = group('inner', [left.id]);
  const outer = group('outer', [inner.id, disabled.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [...crowd, disabled, left, unassigned],
      groups: [everyone, inner, outer, ...teams],
      assigned: [everyone.id, outer.id, unassigned.id, ...teams.map(({ id }) => id)],
    }),
    prepare: world => provisioned(world, everyone, crowd),
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'outer')).toEqual(['disabled@contoso.com', 'left@contoso.com']);
  const { directory, databricks, broker } = world.cloud;

  // Only the poll hears of anything, so that every change is on the queue once, and the dismissals are found late.
  directory.faults.notifications.drop = true;
  const flood = Promise.withResolvers<void>();
  broker.gate = ({ kind }) => (kind === 'deliver' ? flood.promise : undefined);
  for (const { id } of [...crowd, ...teams]) directory.store.update(id, { displayName: `renamed ${id}` });
  await world.fire('poll-directory');
  await world.until(
    'all changes are active on the queue',
    () => {
      const { active, locked } = broker.counts('identity-changes');
      return active + locked >= changes;
    },
    900_000,
  );

  const rowAt = new Map<string, number>();
  world.storage.gate = event => {
    if (event.phase !== 'after' || event.method === 'GET' || !event.path.includes('ProvisioningBacklog'))
      return;
    const subject = /0\|[02]\|((?:user|group):[0-9a-f-]+)/.exec(`${event.path} ${event.body}`)?.[1];
    if (subject !== undefined && !rowAt.has(subject)) rowAt.set(subject, Date.now());
  };
  const dismissedAt = Date.now();
  directory.store.update(disabled.id, { accountEnabled: false });
  directory.store.removeMember(inner.id, left.id);
  directory.store.unassign(directory.store.truth.assignmentsOf(unassigned.id)[0]?.id ?? '');

  broker.gate = undefined;
  flood.resolve();

  const outerId = databricks.store.group('outer')?.id;
  const wanted = [
    { path: `/Users/${scimIdOf(world, 'disabled')}`, subject: `user:${disabled.id}` },
    { path: `/Users/${scimIdOf(world, 'unassigned')}`, subject: `user:${unassigned.id}` },
    { path: `/Users/${scimIdOf(world, 'left')}`, subject: `user:${left.id}` },
    { path: `/Groups/${outerId}`, subject: `group:${outer.id}` },
  ];
  const revocation = (path: string): RequestRecord | undefined =>
    writes(world).find(
      write => write.path === path && write.at >= dismissedAt && write.status < 300 && write.status > 0,
    );
  await world.until(
    'all of them lost their access',
    () => wanted.every(({ path }) => revocation(path)),
    // Longer than it may take, so that what is late shows below by how much.
    3 * (POLL_MS + MARGIN_MS),
  );

  const { store } = databricks;
  for (const alias of ['disabled', 'left', 'unassigned'])
    expect(store.user(`${alias}@contoso.com`)?.active).toBe(false);
  expect(memberNames(world, 'outer')).not.toContain('left@contoso.com');
  const revoked = new Set(wanted.map(({ path }) => path));
  for (const { path, subject } of wanted) {
    const { at } = revocation(path) as RequestRecord;
    expect(at - dismissedAt, subject).toBeLessThanOrEqual(POLL_MS + MARGIN_MS);
    const since = rowAt.get(subject);
    expect(since, `${subject} had a revoke row`).toBeDefined();
    const before = writes(world).filter(
      write => !revoked.has(write.path) && write.at > (since ?? 0) && write.at < at,
    );
    expect(before.length).toBeLessThanOrEqual(MOST_WRITES_BEFORE);
  }
  // The flood was there all the while, and was paced.
  const waiting = crowd.filter(
    ({ id, userPrincipalName }) => store.user(userPrincipalName)?.displayName !== `renamed ${id}`,
  );
  expect(waiting.length).toBeGreaterThan(changes / 2);
  expect(databricks.throttled).toBe(0);
  expect(await world.deadLetters()).toEqual([]);
}
