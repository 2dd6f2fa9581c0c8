import { describeError, type Logger } from '../identity/logger.ts';
import {
  type ActualAssignments,
  type AssignmentComparison,
  compareAssignments,
} from '../planning/compare-assignments.ts';
import type { DesiredPicture, KnownLink } from '../planning/picture.ts';
import { Limiter } from '../provisioning/limiter.ts';
import type { Target } from '../provisioning/target.ts';
import { waitOut } from './read-target.ts';

/** What a comparison found in the workspaces of an account. */
export interface WorkspacesPlan extends AssignmentComparison {
  /** Workspaces that could not be read, and why: there, only our own record was compared. */
  readonly unread: readonly { readonly workspaceId: string; readonly reason: string }[];
}

const NOTHING: WorkspacesPlan = { items: [], revisit: [], foreign: [], unprovisioned: [], unread: [] };

/** Assignments that a line of the log names. */
const NAMED_IN_LOG = 10;

/** Compares the assignments of every workspace that the configuration names, or that we assigned anybody to. */
export async function planWorkspaces(
  { workspaces, readerRates }: Target,
  links: readonly KnownLink[],
  desired: DesiredPicture,
): Promise<WorkspacesPlan> {
  const ids = new Set([
    ...(workspaces?.wanted ?? []).map(({ workspaceId }) => workspaceId),
    ...links.flatMap(link => Object.keys(link.workspaces ?? {})),
  ]);
  if (ids.size === 0) return NOTHING;
  const unread: { workspaceId: string; reason: string }[] = [];
  if (workspaces === undefined) {
    const reason = 'no credential opens the account outside SCIM any more: accountSignIn is missing';
    return { ...NOTHING, unread: [...ids].map(workspaceId => ({ workspaceId, reason })) };
  }
  const limiter = new Limiter(readerRates);
  const actual = new Map<string, ActualAssignments>();
  for (const workspaceId of ids) {
    try {
      const found = await workspaces.client.list(workspaceId, {
        pace: requestClass => limiter.take(requestClass, 'bulk'),
        again: waitOut,
      });
      actual.set(workspaceId, new Map(found.map(({ principalId, permission }) => [principalId, permission])));
    } catch (error) {
      // The comparison of everything else does not wait for it; the look at each principal says what is wrong there.
      unread.push({ workspaceId, reason: describeError(error) });
    }
  }
  return { ...compareAssignments(workspaces.wanted, actual, links, desired), unread };
}

/** What a person should know of and nothing is done about. */
export function logWorkspaces(log: Logger, target: string, found: WorkspacesPlan): void {
  for (const { workspaceId, reason } of found.unread)
    log.warn('workspace-unreadable', { target, workspaceId, reason });
  const perWorkspace = Map.groupBy(found.foreign, ({ workspaceId }) => workspaceId);
  for (const [workspaceId, foreign] of perWorkspace)
    log.info('foreign-assignments', {
      target,
      workspaceId,
      count: foreign.length,
      principals: foreign
        .slice(0, NAMED_IN_LOG)
        .map(({ principalId, permission }) => `${principalId}=${permission}`)
        .join(' '),
    });
  if (found.unprovisioned.length > 0)
    log.warn('assignments-of-nobody', {
      target,
      count: found.unprovisioned.length,
      objectIds: found.unprovisioned
        .slice(0, NAMED_IN_LOG)
        .map(({ workspaceId, objectId }) => `${objectId}@${workspaceId}`)
        .join(' '),
    });
}
