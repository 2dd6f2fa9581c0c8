import type { Change } from '../identity/change.ts';
import { Permanent } from '../identity/errors.ts';
import type { HoldKind } from '../state/holds.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { AppliedResource, LookHold, ResourceApplier } from './apply-resource.ts';
import type { FollowUps } from './follow-ups.ts';
import type { GroupNames } from './group-names.ts';
import { kinds } from './kinds.ts';
import type { InScope } from './managed-groups.ts';
import { wakeNamesakes } from './namesakes.ts';
import type { Policy } from './policy.ts';
import { settleRename } from './settle-rename.ts';
import type { Gate } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

interface Known {
  readonly gate: Gate;
  readonly link: LinkRow | undefined;
  readonly managed: boolean;
  /** What the group was held for when the look began. */
  readonly present: ReadonlySet<HoldKind>;
}

/**
 * Name and other values of a group in scope. One that cannot be mapped, or that the target refuses for good, keeps the
 * resource as it is; it does not keep anybody in the group, so that it is the caller's to throw once the members are
 * written.
 */
export async function applyGroupResource(
  o: {
    readonly state: State;
    readonly resources: ResourceApplier;
    readonly names: GroupNames;
    readonly followUps: FollowUps;
    readonly policy: Policy;
  },
  session: TargetSession,
  change: Change,
  look: InScope,
  { gate, link, ...known }: Known,
): Promise<{ applied: AppliedResource; failure: Permanent | undefined }> {
  const target = session.target.id;
  const p = change.principal;
  const nothing = { wanted: { set: {} }, holds: [] as LookHold[] };
  let failure: Permanent | undefined;
  let decided: typeof nothing | Awaited<ReturnType<GroupNames['decide']>> = nothing;
  if (gate === 'open') {
    try {
      decided = await o.names.decide(target, p, o.policy.mappings.group.map(look.read), link);
    } catch (error) {
      if (!(error instanceof Permanent)) {
        // Whoever waits for another's name finds out first which one is his own.
        if (link !== undefined) await settleRename(o.state, session, link);
        throw error;
      }
      failure = error;
    }
  }
  await wakeNamesakes(o, change, decided.wanted.set, link);
  try {
    const applied = await o.resources.apply(session, p, kinds.group, decided.wanted, {
      ...decided,
      ...known,
    });
    return { applied, failure };
  } catch (error) {
    if (!(error instanceof Permanent) || link === undefined) throw error;
    const present = await o.state.links.get(target, p);
    return { applied: { link: present, writes: [], held: [], unsettled: false }, failure: failure ?? error };
  }
}
