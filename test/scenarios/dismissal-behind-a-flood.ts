import { expect, test } from 'vitest';
import { PUBLISHED_LIMITS } from '../../src/databricks/limits.ts';
import type { RequestRecord } from '../../src/local/databricks/types.ts';
import { memberNames, scimIdOf, writes } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const POLL_MS = 60_000;
const MARGIN_MS = 5_000;
const MOST_WRITES_BEFORE = (MARGIN_MS / 1_000) * PUBLISHED_LIMITS.patch.requests;

// Two thousand looks are real work, whatever the clock does.
const TIMEOUT_MS = 150_000;

test(
  'behind 2,000 queued changes at the published limits, every loss of access is applied within the poll interval plus five seconds',
  async () => {
    const crowd = users(2_000, 'crowd');
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
        groups: [everyone, inner, outer],
        assigned: [everyone.id, outer.id, unassigned.id],
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
    for (const { id } of crowd) directory.store.update(id, { displayName: 'renamed' });
    await world.fire('poll-directory');
    await world.until('all changes are active on the queue', () => {
      const { active, locked } = broker.counts('identity-changes');
      return active + locked >= crowd.length;
    });

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
      POLL_MS + MARGIN_MS,
    );

    const { store } = databricks;
    for (const alias of ['disabled', 'left', 'unassigned'])
      expect(store.user(`${alias}@contoso.com`)?.active).toBe(false);
    expect(memberNames(world, 'outer')).not.toContain('left@contoso.com');
    const revoked = new Set(wanted.map(({ path }) => path));
    for (const { path, subject } of wanted) {
      const { at } = revocation(path) as RequestRecord;
      expect(at - dismissedAt).toBeLessThanOrEqual(POLL_MS + MARGIN_MS);
      const since = rowAt.get(subject);
      expect(since, `${subject} had a revoke row`).toBeDefined();
      const before = writes(world).filter(
        write => !revoked.has(write.path) && write.at > (since ?? 0) && write.at < at,
      );
      expect(before.length).toBeLessThanOrEqual(MOST_WRITES_BEFORE);
    }
    // The flood was there all the while, and was paced.
    const waiting = crowd.filter(
      ({ userPrincipalName }) => store.user(userPrincipalName)?.displayName !== 'renamed',
    );
    expect(waiting.length).toBeGreaterThan(1_500);
    expect(databricks.throttled).toBe(0);
    expect(await world.deadLetters()).toEqual([]);
  },
  TIMEOUT_MS,
);

/** What an earlier initial cycle of the crowd left behind: it would take seven minutes at the published limits. */
async function provisioned(
  { cloud, state, target }: Pick<World, 'cloud' | 'state' | 'target'>,
  everyone: { readonly id: string },
  crowd: readonly { readonly id: string; readonly displayName?: string | null }[],
): Promise<void> {
  const { store } = cloud.databricks;
  const members: Record<string, string> = {};
  for (let start = 0; start < crowd.length; start += 50) {
    await Promise.all(
      crowd.slice(start, start + 50).map(async ({ id, displayName }) => {
        const alias = displayName ?? '';
        const userName = `${alias}@contoso.com`;
        const name = { givenName: alias, familyName: 'Contoso' };
        const { id: scimId } = store.add({
          type: 'Users',
          userName,
          displayName: alias,
          name,
          externalId: id,
        });
        members[id] = scimId;
        const written = { userName, displayName: alias, ...name, externalId: id, active: true };
        await state.links.add(target, {
          principal: { kind: 'user', id },
          status: 'linked',
          scimId,
          name: userName,
          written,
        });
      }),
    );
  }
  const attributes = { displayName: 'everyone', externalId: everyone.id };
  const { id: scimId } = store.add({ type: 'Groups', ...attributes, members: Object.values(members) });
  const principal = { kind: 'group', id: everyone.id } as const;
  await state.links.add(target, {
    principal,
    status: 'linked',
    scimId,
    name: 'everyone',
    written: attributes,
  });
  const stored = await state.records.read(target, scimId);
  await state.records.write(target, scimId, stored, { ...stored.value, members });
}
