import { AssignmentRefused, assignmentFailure } from '../databricks/assignment-failure.ts';
import type {
  AssignedPrincipal,
  WorkspaceAssignments,
  WorkspacePermission,
} from '../databricks/workspace-assignments.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { RequestOptions } from '../scim/types.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import type { TargetSession } from './target-session.ts';

/** A permission; undefined: none. */
export type Assignable = WorkspacePermission | undefined;

/** Reads may show what was true this long ago: whom we took ADMIN from is not taken for somebody who has it. */
const READS_LAG_MS = 120_000;

/** The owner's way to the assignments of an account's workspaces, one look at a time for each workspace. */
export class WorkspaceDoor {
  readonly #mutex = new KeyedMutex();
  /** By workspace and SCIM id: when we took ADMIN away. */
  readonly #taken = new Map<string, number>();

  alone<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(workspaceId, work);
  }

  /** Everybody who is assigned to the workspace, or why it tells nobody. */
  async read(
    session: TargetSession,
    workspaceId: string,
  ): Promise<{ principals: readonly AssignedPrincipal[] } | { refused: string }> {
    const found = await this.#send(session, (client, options) => client.list(workspaceId, options));
    return found instanceof AssignmentRefused ? { refused: found.message } : { principals: found ?? [] };
  }

  /** Gives the permission, or takes all away. @returns why it was refused, if it was */
  async write(
    session: TargetSession,
    workspaceId: string,
    scimId: string,
    permission: Assignable,
  ): Promise<string | undefined> {
    const answer = await this.#send(session, (client, options) =>
      permission === undefined
        ? client.remove(workspaceId, scimId, options)
        : client.assign(workspaceId, scimId, permission, options),
    );
    if (!(answer instanceof AssignmentRefused)) return undefined;
    // "Already assigned" is refused as well (databrickslabs/ucx takes every 400 for that).
    const shown = await this.read(session, workspaceId);
    const there =
      'refused' in shown ? undefined : shown.principals.find(({ principalId }) => principalId === scimId);
    return there !== undefined && there.permission === permission ? undefined : answer.message;
  }

  noteTaken(workspaceId: string, scimId: string): void {
    for (const [key, at] of this.#taken) if (now() - at >= READS_LAG_MS) this.#taken.delete(key);
    this.#taken.set(`${workspaceId}|${scimId}`, now());
  }

  /** Whether somebody else can administer the workspace: an account that is on, or a group that is not empty. */
  async hasAnotherAdmin(
    session: TargetSession,
    workspaceId: string,
    principals: readonly AssignedPrincipal[],
    scimId: string,
  ): Promise<boolean> {
    for (const { principalId, type, permission } of principals) {
      if (permission !== 'ADMIN' || principalId === scimId) continue;
      const taken = this.#taken.get(`${workspaceId}|${principalId}`);
      if (taken !== undefined && now() - taken < READS_LAG_MS) continue;
      const { scim } = session.target;
      if (type === 'Groups') {
        const group = await session.send(() => scim.get('Groups', principalId, session.request), {
          operation: 'get',
        });
        if ((group?.members ?? []).length > 0) return true;
      } else {
        const account = await session.send(() => scim.get(type, principalId, session.request), {
          operation: 'get',
        });
        if (account !== undefined && account.active !== false) return true;
      }
    }
    return false;
  }

  /** One request, paced as a write: the limit of this API counts reads and writes together. */
  async #send<T>(
    session: TargetSession,
    work: (client: WorkspaceAssignments, options: RequestOptions) => Promise<T>,
  ): Promise<T | undefined | AssignmentRefused> {
    const { workspaces } = session.target;
    if (workspaces === undefined) throw new RetryLater('no credential opens the workspaces');
    const { pace } = session.request;
    const options: RequestOptions = pace === undefined ? {} : { pace: () => pace('write') };
    return session.send<T | AssignmentRefused>(
      async () => {
        try {
          return await work(workspaces.client, options);
        } catch (error) {
          const failure = assignmentFailure(error);
          if (failure instanceof AssignmentRefused) return failure;
          throw failure;
        }
      },
      { operation: 'get', outside: true },
    );
  }
}
