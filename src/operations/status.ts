import type { RowClass } from '../identity/change.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { isOpenHold } from '../state/holds.ts';
import type { Link } from '../state/links.ts';
import type { TargetState } from '../state/target-state.ts';
import { type AimStatus, aimStatus } from './aim-status.ts';
import type { OperationsContext } from './context.ts';

/** One target, as our own state shows it: nothing is asked of the target. */
export interface TargetStatus {
  readonly target: string;
  /** Linked and active. */
  readonly users: number;
  readonly servicePrincipals: number;
  readonly groups: number;
  /** User in group, as last acknowledged by the target. */
  readonly memberships: number;
  readonly backlog: Readonly<Record<RowClass, number>>;
  /** Open holds. */
  readonly held: number;
  /** Principals whose last change could not be applied. */
  readonly failed: number;
  readonly quarantine: TargetState['quarantine'];
  readonly planOnly: boolean;
  /** Milliseconds since the epoch; undefined before the first full comparison. */
  readonly lastAuditAt: number | undefined;
  /** Automatic Identity Management of the account. */
  readonly aim: AimStatus;
  /** What is known of the ways to sign in, by what for: when each ends, and what is wrong with it. */
  readonly signIns: NonNullable<TargetState['signIns']>;
}

/** Reads links, membership records, backlog and holds of every target. */
export async function readStatus({
  state,
  targets,
}: Pick<OperationsContext, 'state' | 'targets'>): Promise<TargetStatus[]> {
  const statuses: TargetStatus[] = [];
  for (const { id: target } of targets) {
    let users = 0;
    let servicePrincipals = 0;
    let groups = 0;
    let memberships = 0;
    for await (const { value: link } of state.links.list(target)) {
      if (link.status !== 'linked') continue;
      const isOn = link.written.active === true;
      if (link.principal.kind === 'user' && isOn) users += 1;
      if (link.principal.kind === 'servicePrincipal' && isOn) servicePrincipals += 1;
      if (link.principal.kind !== 'group') continue;
      groups += 1;
      const { value: record } = await state.records.read(target, link.scimId ?? '');
      memberships += Object.keys(record.members).length;
    }
    const known = await state.targets.read(target);
    const { quarantine, planOnly, lastAuditAt, signIns = {} } = known;
    statuses.push({
      target,
      users,
      servicePrincipals,
      groups,
      memberships,
      backlog: await state.backlog.count(target),
      held: (await state.holds.list(target)).filter(({ value }) => isOpenHold(value)).length,
      failed: (await state.targets.failures(target)).length,
      quarantine,
      planOnly,
      lastAuditAt,
      aim: aimStatus(known),
      signIns,
    });
  }
  return statuses;
}

/** How far a target has come in working off its backlog. */
export interface LoadProgress {
  readonly target: string;
  /** A full comparison has been made: from then on the backlog holds all that is to be done. */
  readonly isCompared: boolean;
  readonly linked: Readonly<Record<PrincipalKind, number>>;
  readonly waiting: Readonly<Record<PrincipalKind, number>>;
  readonly planOnly: boolean;
  /** Why nothing is sent to the target for now. */
  readonly quarantine: string | undefined;
}

/** Cheap enough to be read every second: one list of links and one of rows. */
export async function readProgress({
  state,
  targets,
}: Pick<OperationsContext, 'state' | 'targets'>): Promise<LoadProgress[]> {
  return Promise.all(
    targets.map(async ({ id: target }) => {
      const linked = { user: 0, group: 0, servicePrincipal: 0 };
      const waiting = { user: 0, group: 0, servicePrincipal: 0 };
      for await (const { value } of state.links.list(target))
        if (isDone(value)) linked[value.principal.kind] += 1;
      const rows = await state.backlog.head(target, {
        dueBy: Number.MAX_SAFE_INTEGER,
        limit: Number.MAX_SAFE_INTEGER,
      });
      const principals = new Map(
        rows.map(({ value: { principal } }) => [`${principal.kind}:${principal.id}`, principal.kind]),
      );
      for (const kind of principals.values()) waiting[kind] += 1;
      const { indexed, planOnly, quarantine } = await state.targets.read(target);
      return { target, isCompared: indexed, linked, waiting, planOnly, quarantine: quarantine?.reason };
    }),
  );
}

function isDone(link: Link): boolean {
  return link.status === 'linked';
}
