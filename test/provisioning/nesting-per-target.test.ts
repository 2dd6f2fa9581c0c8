import { expect, onTestFinished, test } from 'vitest';
import type { Logger } from '../../src/identity/logger.ts';
import { MemberApplier } from '../../src/provisioning/apply-members.ts';
import { FollowUps } from '../../src/provisioning/follow-ups.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import { nestingPolicy, type Policy } from '../../src/provisioning/policy.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { PollTarget } from '../../src/reconciliation/poll-target.ts';
import { startPair } from '../directory/graph.ts';
import { startAccount } from '../local/databricks/fixture.ts';
import { changeOf, useStorage } from '../state/storage.ts';
import { defaultPolicy, FAST, targetOf } from './targets.ts';

const storage = useStorage();
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A target in which P is assigned, as far as looks at P and polls are concerned. */
async function openTarget(id: string, nestedGroups: 'flatten' | 'direct') {
  const { state } = storage;
  const policy: Policy = { ...defaultPolicy(), nesting: nestingPolicy(nestedGroups, false) };
  const [pair, account] = [await startPair(), await startAccount()];
  const ownership = new Ownership(state.leases, id, silent);
  await ownership.acquire();
  onTestFinished(async () => {
    await ownership.release();
    await account.close();
    await pair[Symbol.asyncDispose]();
  });
  const target = targetOf({ id, scim: account.client(), policy });
  const session = new TargetSession({ target, ownership, limiter: new Limiter(FAST), row: undefined });
  const members = new MemberApplier({
    source: { state, policy, directory: pair.graph, applicationObjectId: 'app' },
    followUps: new FollowUps(state.backlog),
    guard: new RemovalGuard(state, policy.guard),
  });
  return {
    /** A look at P that found these groups below it, and no member that is not there yet. */
    lookAtP: (nested: readonly string[], groupLeft = false) =>
      members.apply(session, changeOf('group', 'p', { target: id }), {
        groupId: 'p',
        scimGroupId: 'scim-p',
        wanted: {},
        kinds: {},
        nested,
        takenAway: [],
        cut: [],
        groupLeft,
        lastWriteAt: undefined,
      }),
    /** Ids of whom a poll that hears that U left C has looked at. */
    async heardOfByU(): Promise<string[]> {
      const poll = new PollTarget(state, target);
      const removedMembers = [{ kind: 'user' as const, id: 'u' }];
      await poll.group({ kind: 'group', id: 'c', addedMembers: [], removedMembers });
      const rows = await state.backlog.head(id, { dueBy: Date.now(), limit: 10, rowClass: 'revoke' });
      return rows.map(({ value }) => value.principal.id).sort();
    },
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
