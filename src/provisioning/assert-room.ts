import { RESOURCE_LIMITS } from '../databricks/limits.ts';
import type { Attributes } from '../identity/desired.ts';
import { Permanent } from '../identity/errors.ts';
import { principalKey } from '../identity/principal.ts';
import { type ResourceLimits, tooLong } from '../planning/resource-limits.ts';
import type { FullMember } from './membership-room.ts';
import type { ResourceRun } from './resource-run.ts';

/**
 * Refuses a create that would exceed what the target can hold, before anything is sent. The count is an audit's, and
 * what we created since: what others create meanwhile, and what was under way when the audit read, is missing in it,
 * and then it is the target that refuses.
 * @throws {Permanent} `TargetLimitAccounts`, `TargetLimitGroups`, or what {@link assertLengths} throws
 */
export async function assertRoom(run: ResourceRun, attributes: Attributes): Promise<void> {
  assertLengths(run, attributes);
  const { counts } = await run.state.targets.read(run.target);
  if (counts === undefined) return;
  const limit = run.p.kind === 'group' ? 'groups' : 'accounts';
  const most = limitsOf(run)[limit];
  if (counts[limit] >= most) {
    const what = limit === 'groups' ? 'groups' : 'users and service principals';
    const since = 'by the last audit and our own writes since';
    throw exceeded(limit, `the target holds ${counts[limit]} of at most ${most} ${what}, ${since}`);
  }
}

/** @throws {Permanent} `TargetLimitGroupNameLength` or `TargetLimitExternalIdLength` */
export function assertLengths(run: ResourceRun, attributes: Attributes): void {
  const limits = limitsOf(run);
  const found = tooLong(run.p.kind, attributes, limits);
  if (found === undefined) return;
  const { limit, used } = found;
  const what = limit === 'externalIdLength' ? 'externalId' : 'displayName';
  throw exceeded(limit, `${what} has ${used} characters, and the target takes at most ${limits[limit]}`);
}

/** Members that a failure names. */
const NAMED = 10;

/** Why somebody was left out of a group that got everybody else. Undefined when nobody was. */
export function leftOut(full: readonly FullMember[], most: number): Permanent | undefined {
  if (full.length === 0) return undefined;
  const named = full
    .slice(0, NAMED)
    .map(({ principal, memberships }) => `${principalKey(principal)} (${memberships} groups)`);
  const others = full.length > NAMED ? ` and ${full.length - NAMED} more` : '';
  return exceeded(
    'membershipsPerIdentity',
    `left out of the group, being direct members of as many as the target allows, ${most}: ${named.join(', ')}${others}`,
  );
}

function limitsOf(run: ResourceRun): ResourceLimits {
  return run.session.target.resourceLimits ?? RESOURCE_LIMITS;
}

function exceeded(limit: keyof ResourceLimits, message: string): Permanent {
  return new Permanent(`TargetLimit${limit.charAt(0).toUpperCase()}${limit.slice(1)}`, message);
}
