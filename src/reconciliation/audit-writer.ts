import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { ActualResource, PlanItem } from '../planning/picture.ts';
import type { HoldKind } from '../state/holds.ts';
import type { Link } from '../state/links.ts';
import { VersionConflict } from '../state/row-store.ts';
import type { State } from '../state/state.ts';
import type { Plan } from './plan.ts';

/** Makes the differences that an audit found durable, so that the owner of the target works them off. */
export class AuditWriter {
  readonly #state: State;
  readonly #target: string;
  readonly #correlationId: string;
  readonly #heardAt: number;

  constructor(state: State, target: string, correlationId: string, heardAt: number) {
    this.#state = state;
    this.#target = target;
    this.#correlationId = correlationId;
    this.#heardAt = heardAt;
  }

  /** Has the owner look again, without calling anything that we wrote into doubt. */
  look(item: PlanItem): Promise<void> {
    return this.#row(item);
  }

  /** Has the owner look at somebody in whom the comparison found nothing. */
  revisit(principal: Principal): Promise<void> {
    return this.#row({ principal, rowClass: 'bulk' });
  }

  async write(item: PlanItem, plan: Plan): Promise<void> {
    switch (item.action) {
      case 'adopt':
        await this.#adopt(item, plan);
        return this.#row(item);
      case 'update':
      case 'deactivate':
      case 'missing-in-target':
        // Marked before the row: the look writes again what our record takes for done.
        await this.#doubt(item);
        return this.#row(item);
      case 'members':
        await this.#doubtMembers(item);
        return this.#row(item);
      case 'switched-off-in-target':
        return this.#letGo(item);
      case 'propose-adoption':
        return this.#hold(item, 'proposed-adoption', 'a resource of that name exists in the target');
      case 'refuse-adoption':
        return this.#hold(
          item,
          'refused-adoption',
          'the resource of that name belongs to something else, or is an administrator',
        );
      case 'ambiguous-match':
        return this.#hold(item, 'ambiguous-match', 'the target has several resources that match');
      case 'name-in-use':
        await this.#hold(item, 'name-in-use', 'another group in scope has the same name');
        // With a suffix it may come all the same; the hold says who has the name itself.
        return this.#row(item);
      case 'unknown-in-source':
        return this.#hold(
          item,
          'unknown-in-source',
          'an active account of the target carries the object id of somebody whom Entra does not know, or has disabled',
        );
      case 'assign-workspace':
        await this.#doubtAssignment(item);
        return this.#row(item);
      case 'create':
      // Its look holds it, and says whose name it is.
      case 'protected-name':
      case 'unassign-workspace':
        return this.#row(item);
    }
  }

  /** Same external id and same name: linked at once, with what the target shows as what was written. */
  async #adopt(item: PlanItem, plan: Plan): Promise<void> {
    const found = plan.actual.resources[item.principal.kind].find(({ scimId }) => scimId === item.scimId);
    // Without our id on it, the owner has to take it over by a write of his own.
    if (found === undefined || found.externalId !== item.principal.id) return;
    try {
      await this.#state.links.add(this.#target, linkTo(item, found));
    } catch (error) {
      // Linked meanwhile, or the name is claimed by another link: the owner decides at the look.
      if (!(error instanceof VersionConflict)) throw error;
    }
  }

  async #doubt(item: PlanItem): Promise<void> {
    await this.#changeLink(item, link => ({
      ...link,
      uncertain: [
        ...new Set([...(link.uncertain ?? []), ...(item.detail.length > 0 ? item.detail : ['externalId'])]),
      ],
    }));
  }

  /** The look reads the workspace again where our record takes the assignment for made. */
  async #doubtAssignment(item: PlanItem): Promise<void> {
    const workspaceId = item.detail[0]?.split(' ')[0] ?? '';
    await this.#changeLink(item, ({ workspaces, ...link }) => {
      const known = workspaces?.[workspaceId];
      if (known === undefined) return undefined;
      return { ...link, workspaces: { ...workspaces, [workspaceId]: { ...known, uncertain: true } } };
    });
  }

  async #doubtMembers(item: PlanItem): Promise<void> {
    const scimId = item.scimId ?? '';
    const stored = await this.#state.records.read(this.#target, scimId);
    const uncertain = [...new Set([...stored.value.uncertain, ...item.detail])];
    try {
      await this.#state.records.write(this.#target, scimId, stored, { ...stored.value, uncertain });
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }

  /**
   * What somebody else switched off stays off: the link is let go, and reported. Not one that we wrote to since the
   * audit began: a tombstone is never written again, so that nobody could be switched off any more.
   */
  async #letGo(item: PlanItem): Promise<void> {
    const isUntouched = ({ intent, written, lastWriteAt }: Link): boolean =>
      intent === undefined && written.active === true && (lastWriteAt ?? 0) < this.#heardAt;
    const isLetGo = await this.#changeLink(item, link =>
      isUntouched(link) ? { ...link, status: 'gone' } : undefined,
    );
    if (!isLetGo) return this.#row(item);
    await this.#hold(item, 'deleted-in-target', 'somebody else deactivated it in the target');
  }

  /**
   * Leaves a link alone that the owner changes at the same time: its next look knows better than our picture.
   * @returns whether the link was changed
   */
  async #changeLink(item: PlanItem, change: (link: Link) => Link | undefined): Promise<boolean> {
    const row = await this.#state.links.get(this.#target, item.principal);
    const next = row && change(row.value);
    if (row === undefined || next === undefined) return false;
    try {
      await this.#state.links.replace(this.#target, row, next);
      return true;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      return false;
    }
  }

  async #hold(item: PlanItem, kind: HoldKind, cause: string): Promise<void> {
    const ids =
      kind === 'ambiguous-match' ? [...item.detail] : item.scimId === undefined ? [] : [item.scimId];
    await this.#state.holds.hold(this.#target, { kind, principal: item.principal, ids, cause }, now());
  }

  async #row(item: Pick<PlanItem, 'principal' | 'rowClass'>): Promise<void> {
    await this.#state.backlog.put(
      {
        target: this.#target,
        principal: item.principal,
        cause: 'audit',
        notBefore: now(),
        heardAt: this.#heardAt,
        correlationId: this.#correlationId,
      },
      item.rowClass,
    );
  }
}

function linkTo({ principal }: PlanItem, found: ActualResource): Link {
  const written = Object.fromEntries(
    Object.entries(found.attributes).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
  );
  return { principal, status: 'linked', scimId: found.scimId, name: found.name, written };
}
