import { onTestFinished } from 'vitest';
import type { Logger } from '../../src/identity/logger.ts';
import type { DirectorySeed } from '../../src/local/directory/types.ts';
import {
  type AppliedMembers,
  MemberApplier,
  type WantedMembers,
} from '../../src/provisioning/apply-members.ts';
import { FollowUps } from '../../src/provisioning/follow-ups.ts';
import { Limiter } from '../../src/provisioning/limiter.ts';
import { Ownership } from '../../src/provisioning/ownership.ts';
import type { Policy } from '../../src/provisioning/policy.ts';
import { RemovalGuard } from '../../src/provisioning/removal-guard.ts';
import type { Target } from '../../src/provisioning/target.ts';
import { TargetSession } from '../../src/provisioning/target-session.ts';
import { PollTarget } from '../../src/reconciliation/poll-target.ts';
import type { State } from '../../src/state/state.ts';
import { startPair } from '../directory/graph.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { startAccount } from '../local/databricks/fixture.ts';
import { changeOf } from '../state/storage.ts';
import { anyHealth, defaultPolicy, FAST, targetOf } from './targets.ts';

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Looks at the members of groups in an account of their own, by an owner who keeps it until the test ends. */
export async function openMembers(
  id: string,
  {
    state,
    policy = defaultPolicy(),
    seed,
    ...more
  }: { state: State; policy?: Policy; seed?: DirectorySeed } & Partial<Target>,
) {
  const [pair, account] = [await startPair(seed), await startAccount()];
  const ownership = new Ownership(state.leases, id, silent);
  await ownership.acquire();
  onTestFinished(async () => {
    await ownership.release();
    await account.close();
    await pair[Symbol.asyncDispose]();
  });
  const target = targetOf({ id, scim: account.client(), policy, ...more });
  const session = new TargetSession({
    target,
    ownership,
    limiter: new Limiter(FAST),
    health: anyHealth(),
    row: undefined,
  });
  const log = recordedLog();
  const members = new MemberApplier({
    source: { state, policy, directory: pair.graph, applicationObjectId: 'app' },
    followUps: new FollowUps(state.backlog),
    guard: new RemovalGuard(state, policy.guard),
    log,
  });
  return {
    account,
    log,
    target,
    session,
    ownership,
    look: (groupId: string, scimGroupId: string, wish: Partial<WantedMembers>): Promise<AppliedMembers> =>
      members.apply(session, changeOf('group', groupId, { target: id }), {
        groupId,
        scimGroupId,
        wanted: {},
        kinds: {},
        nested: [],
        takenAway: [],
        cut: [],
        groupLeft: false,
        lastWriteAt: undefined,
        ...wish,
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
