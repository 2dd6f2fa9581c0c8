import type { PlanItem } from '../../src/planning/picture.ts';
import type { Wanted } from '../../src/planning/resource-plan.ts';
import type { Planner } from './load-planner.ts';
import { actualPicture, type Ids, knownLinks, type Link, withoutThose } from './simulated-links.ts';
import type { SimulatedSource } from './simulated-source.ts';
import type { Resource, SimulatedTarget, Values } from './simulated-target.ts';
import type { EntityKind, Snapshot } from './snapshot.ts';

/** What becomes of a write: its answer arrives, its answer is lost, or it is lost itself. */
export type Fate = () => 'answered' | 'applied' | 'lost';

/** The engine without everything around it: looks and audits by a loaded planner, until nothing is left to write. */
export class SimulatedEngine {
  readonly #links = new Map<string, Link>();
  /** Whoever could not get his name. */
  readonly held = new Set<string>();
  /** What a decision was that no decision may be. */
  readonly faults: string[] = [];
  writes = 0;
  readonly #o: {
    readonly planner: Planner;
    readonly source: SimulatedSource;
    readonly target: SimulatedTarget;
    readonly graceMs: number;
    readonly fate: Fate;
  };

  constructor(o: {
    planner: Planner;
    source: SimulatedSource;
    target: SimulatedTarget;
    graceMs: number;
    fate: Fate;
  }) {
    this.#o = o;
  }

  /** Everybody is looked at once: accounts, then groups. */
  look(s: Snapshot, at: number): void {
    this.held.clear();
    const ids = new Map([...s.live.values()].map(({ id, kind }) => [id, kind]));
    for (const { principal } of this.#links.values()) ids.set(principal.id, principal.kind);
    const accountsFirst = [...ids].sort(([, a], [, b]) => Number(a === 'group') - Number(b === 'group'));
    for (const [id, kind] of accountsFirst) this.#lookAt(s, at, id, kind);
    for (const [id, kind] of ids) if (kind === 'group') this.#lookAtMembers(s, id);
  }

  /** What a full comparison finds; what it sees differing is no longer taken for written. */
  audit(s: Snapshot, at: number): PlanItem[] {
    const { planner, source, target, graceMs } = this.#o;
    const rule = { action: 'deactivate', graceMs } as const;
    const isStaying = ({ leaving }: Link): boolean => planner.mayStay(rule, leaving, at);
    const items = planner.compare(
      source.picture(s),
      actualPicture(target),
      knownLinks(this.#links.values(), isStaying),
      {
        matching: MATCHING,
      },
    );
    for (const { principal, action, detail } of items) {
      const link = this.#links.get(principal.id);
      if (action === 'members') link?.uncertainMembers.push(...detail);
      else link?.uncertain.push(...detail);
    }
    return items;
  }

  #lookAt(s: Snapshot, at: number, id: string, kind: EntityKind): void {
    const { planner, source } = this.#o;
    const entity = s.live.get(id);
    const verdict = entity && source.verdict(s, entity);
    const isPresent =
      verdict?.inScope === true && (kind === 'group' || entity?.properties.accountEnabled === true);
    let wanted: Wanted = { set: {} };
    const link = this.#links.get(id);
    if (entity !== undefined && isPresent) {
      const isPassedOn = kind === 'user' && source.isPassedOn(s, id, link?.name);
      wanted = isPassedOn ? { set: { active: false } } : source.resource(entity);
      if (isPassedOn) this.held.add(id);
      if (link !== undefined) link.leaving = undefined;
    } else if (kind !== 'group' && link !== undefined) {
      const event =
        verdict?.inScope === false ? verdict.reason : entity === undefined ? 'softDeleted' : 'disabled';
      const rule = { action: 'deactivate', graceMs: this.#o.graceMs } as const;
      const decision = planner.decideLeave(rule, event, link.leaving, at);
      link.leaving = decision.leaving;
      if (decision.action === 'deactivate') wanted = { set: { active: false } };
    }
    this.#apply(id, kind, wanted);
  }

  #apply(id: string, kind: EntityKind, wanted: Wanted): void {
    const { planner, target } = this.#o;
    const traits = planner.kindTraits[kind];
    let link = this.#links.get(id);
    const plan = planner.planResource(wanted, link, traits);
    if (plan.action === 'create' || plan.action === 'resolve') {
      const name = link?.name ?? String(wanted.create?.[traits.nameAttribute]);
      const there = target.holder(kind, name);
      link ??= this.#begin(id, kind, name);
      if (there?.values.externalId === id) this.#linkTo(link, there);
      else if (there !== undefined || wanted.create === undefined) {
        if (there !== undefined) this.held.add(id);
        this.#links.delete(id);
        return;
      } else this.#create(link, wanted.create);
      if (link.status === 'linked') this.#update(link, planner.planResource(wanted, link, traits));
      return;
    }
    if (link !== undefined) this.#update(link, plan);
  }

  #begin(id: string, kind: EntityKind, name: string): Link {
    const link: Link = {
      principal: { kind, id },
      status: 'creating',
      name,
      written: {},
      uncertain: [],
      members: {},
      uncertainMembers: [],
    };
    this.#links.set(id, link);
    return link;
  }

  #create(link: Link, values: Values): void {
    const { target, fate } = this.#o;
    this.writes++;
    const becomes = fate();
    // The name is that of this try.
    link.name = String(values[this.#o.planner.kindTraits[link.principal.kind].nameAttribute]);
    const created = becomes === 'lost' ? undefined : target.create(link.principal.kind, values);
    if (created !== undefined && becomes === 'answered') this.#linkTo(link, created);
  }

  #linkTo(link: Link, { scimId, values }: Resource): void {
    Object.assign(link, { status: 'linked', scimId, written: { ...values } } satisfies Partial<Link>);
  }

  #update(link: Link, plan: ReturnType<Planner['planResource']>): void {
    const { target, fate } = this.#o;
    if (plan.action !== 'update' || link.scimId === undefined) {
      if (plan.action === 'none') Object.assign(link, { intent: undefined, uncertain: [] });
      return;
    }
    const { changes, effect } = plan;
    if ((changes.active === false) !== (effect === 'revoke'))
      this.faults.push(`${JSON.stringify(changes)} is called ${effect}`);
    link.intent = { attributes: { ...link.intent?.attributes, ...changes } };
    const becomes = fate();
    if (becomes === 'lost') return;
    if (!target.patch(link.scimId, changes)) {
      this.held.add(link.principal.id);
      link.intent = undefined;
      return;
    }
    this.writes++;
    if (becomes !== 'answered') return;
    Object.assign(link, { written: { ...link.written, ...changes }, intent: undefined, uncertain: [] });
    if (link.principal.kind === 'group') link.name = String(link.written.displayName);
  }

  #lookAtMembers(s: Snapshot, id: string): void {
    const { planner, source, target, fate } = this.#o;
    const link = this.#links.get(id);
    if (link?.status !== 'linked' || link.scimId === undefined) return;
    const entity = s.live.get(id);
    const isPresent = entity !== undefined && source.verdict(s, entity).inScope;
    const wanted: Ids = {};
    for (const [member] of isPresent ? source.members(s, id) : []) {
      const { status, scimId } = this.#links.get(member) ?? {};
      if (status === 'linked' && scimId !== undefined) wanted[member] = scimId;
    }
    const record = { members: link.members, intent: link.memberIntent, uncertain: link.uncertainMembers };
    const difference = planner.membershipDifference(wanted, record);
    for (const patch of planner.memberPatches(difference, LIMITS)) {
      this.#checkPatch(patch);
      this.writes++;
      const before = link.memberIntent;
      link.memberIntent = {
        add: { ...before?.add, ...patch.add },
        remove: { ...before?.remove, ...patch.remove },
      };
      const becomes = fate();
      if (becomes === 'lost') continue;
      const { members } = target.get(link.scimId);
      for (const scimId of Object.values(patch.remove)) members.delete(scimId);
      for (const scimId of Object.values(patch.add)) members.add(scimId);
      if (becomes !== 'answered') continue;
      const kept = Object.entries(link.members).filter(([member]) => !(member in patch.remove));
      link.members = { ...Object.fromEntries(kept), ...patch.add };
      link.memberIntent = withoutThose(link.memberIntent, patch);
    }
    if (Object.keys({ ...difference.add, ...difference.remove }).length === 0) link.memberIntent = undefined;
    link.uncertainMembers = [];
  }

  #checkPatch({ add, remove }: { add: Ids; remove: Ids }): void {
    const operations = Object.keys(remove).length + (Object.keys(add).length > 0 ? 1 : 0);
    if (operations > LIMITS.maxOperations || Object.keys(add).length > LIMITS.maxAdds)
      this.faults.push('a PATCH is larger than the target takes');
  }
}

const LIMITS = { maxAdds: 2, maxOperations: 2 };
const MATCHING = {
  user: ['externalId', 'userName'],
  servicePrincipal: ['externalId', 'applicationId'],
  group: ['externalId', 'displayName'],
};
