import { now } from '../identity/clock.ts';
import type { Attributes } from '../identity/desired.ts';
import { Conflict, Gone, Permanent, RetryLater } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { decideAdoption } from '../planning/adoption.ts';
import { type Effect, nameChangeIsRefused, planResource, type Wanted } from '../planning/resource-plan.ts';
import { replaceAttributes } from '../scim/patch.ts';
import type { ScimGroup, ScimUser } from '../scim/resources.ts';
import type { HoldKind, HoldRequest } from '../state/holds.ts';
import type { Link, LinkRow } from '../state/links.ts';
import { VersionConflict } from '../state/row-store.ts';
import type { State } from '../state/state.ts';
import { existing, type Kind } from './kinds.ts';
import type { NameConflicts } from './name-conflict.ts';
import type { Write } from './outcome.ts';
import type { TargetSession } from './target-session.ts';

/** An intent younger than this may still be in flight, or hidden by a lagging read. */
const INTENT_SETTLES_MS = 60_000;
/** A grant that undoes a removal younger than this needs a second agreeing read. */
const RECENT_REMOVAL_MS = 5 * 60_000;
const SECOND_READ_AFTER_MS = 10_000;

export interface AppliedResource {
  /** The link afterwards; undefined when the principal has none. */
  readonly link: LinkRow | undefined;
  readonly writes: readonly Write[];
  readonly held: readonly HoldKind[];
  /** An intent was left open because it is too young: look again. */
  readonly unsettled: boolean;
  /** Access that was off was switched on. */
  readonly activated: boolean;
  /** The resource came under this link only now. */
  readonly linkedNow: boolean;
}

/**
 * Brings the resource of one principal to what is wanted: create, resolve a create whose answer was lost, adopt,
 * update. The same for every kind; members of groups are not its concern.
 */
export class ResourceApplier {
  readonly #state: State;
  readonly #names: NameConflicts;

  constructor(state: State, names: NameConflicts) {
    this.#state = state;
    this.#names = names;
  }

  async apply(session: TargetSession, p: Principal, kind: Kind, wanted: Wanted): Promise<AppliedResource> {
    const run = new Run(this.#state, this.#names, session, p, kind, wanted);
    return run.execute();
  }
}

/** One application; fields instead of ten parameters passed around. */
class Run {
  readonly #state: State;
  readonly #names: NameConflicts;
  readonly #session: TargetSession;
  readonly #target: string;
  readonly #p: Principal;
  readonly #kind: Kind;
  readonly #wanted: Wanted;
  readonly #writes: Write[] = [];
  readonly #held: HoldKind[] = [];
  #unsettled = false;
  #activated = false;
  #linkedNow = false;

  constructor(state: State, names: NameConflicts, session: TargetSession, p: Principal, kind: Kind, wanted: Wanted) {
    this.#state = state;
    this.#names = names;
    this.#session = session;
    this.#target = session.target.id;
    this.#p = p;
    this.#kind = kind;
    this.#wanted = wanted;
  }

  async execute(): Promise<AppliedResource> {
    let row = await this.#state.links.get(this.#target, this.#p);
    if (row?.value.status === 'creating') row = await this.#resolve(row);
    const plan = planResource(this.#wanted, row?.value, this.#kind);
    if (plan.action === 'create') row = await this.#create(plan.attributes);
    else if (plan.action === 'update' && row !== undefined) row = await this.#update(row, plan.changes, plan.effect);
    else if (plan.action === 'gone') await this.#hold('deleted-in-target', [], 'somebody else removed it from the target');
    else if (row?.value.intent !== undefined) row = await this.#closeIntent(row);
    if (nameChangeIsRefused(this.#wanted, row?.value, this.#kind)) {
      await this.#hold('user-name-change', [row?.value.scimId ?? ''], 'the target does not let a userName be changed');
    }
    await this.#state.holds.withdraw(this.#target, this.#p, [...this.#held, ...holdsOfOthers]);
    return {
      link: row,
      writes: this.#writes,
      held: this.#held,
      unsettled: this.#unsettled,
      activated: this.#activated,
      linkedNow: this.#linkedNow,
    };
  }

  async #create(attributes: Attributes): Promise<LinkRow | undefined> {
    const name = this.#nameOf(attributes);
    if (await this.#nameIsTaken(name)) return undefined;
    this.#session.admit('write', 'grant');
    const link: Link = {
      principal: this.#p,
      status: 'creating',
      name,
      written: {},
      intent: { attributes: stored(attributes), at: now(), epoch: this.#session.epoch },
    };
    await this.#state.links.add(this.#target, link);
    const row = await this.#mustRead();
    return this.#post(row, attributes);
  }

  async #post(row: LinkRow, attributes: Attributes): Promise<LinkRow | undefined> {
    try {
      const created = await this.#session.send(
        () => this.#session.target.scim.create(this.#kind.type, this.#kind.body(attributes), this.#session.request),
        { operation: 'create' },
      );
      if (created === undefined) throw new RetryLater('a create was answered without a resource');
      this.#wrote('create', created.id, Object.keys(attributes));
      return await this.#linked(row, created.id, attributes);
    } catch (error) {
      if (error instanceof Conflict) return this.#takeOver(row, error);
      // Refused for good: nothing was created, and the name is free again.
      if (error instanceof Permanent) await this.#state.links.forget(this.#target, row);
      throw error;
    }
  }

  /** Finds out what became of a create whose answer was lost, by the name it was sent with. */
  async #resolve(row: LinkRow): Promise<LinkRow | undefined> {
    const { name, intent } = row.value;
    const found = await this.#findByName(name);
    if (found !== undefined) return this.#decide(row, found);
    const young = now() - (intent?.at ?? 0) < INTENT_SETTLES_MS;
    const attributes = this.#wanted.create;
    const sameName = attributes !== undefined && foldName(this.#nameOf(attributes)) === foldName(name);
    // The same name cannot be created twice, so trying again is safe at once. Anything else has to wait until the
    // lost request can no longer arrive.
    if (sameName) {
      this.#session.admit('write', 'grant');
      return this.#post(row, attributes);
    }
    if (young) throw new RetryLater('a create is not settled yet', { afterMs: (intent?.at ?? 0) + INTENT_SETTLES_MS - now() });
    await this.#state.links.forget(this.#target, row);
    return undefined;
  }

  async #takeOver(row: LinkRow, conflict: Conflict): Promise<LinkRow | undefined> {
    const found = await this.#findByName(row.value.name);
    // The target says the name exists and does not show it: one of its replicas lags.
    if (found === undefined) throw new RetryLater('the name exists in the target and is not found', { cause: conflict });
    return this.#decide(row, found);
  }

  async #decide(row: LinkRow, found: Found): Promise<LinkRow | undefined> {
    const { name } = row.value;
    // A create that is no longer wanted: what carries our id is ours to link and switch off, anything else is not.
    if (this.#wanted.create === undefined && found.externalId !== this.#p.id) {
      await this.#state.links.forget(this.#target, row);
      return undefined;
    }
    const holder = await this.#state.links.holderOfScimId(this.#target, this.#p.kind, found.id);
    const decision = decideAdoption(
      { kind: this.#p.kind, name, externalId: this.#p.id },
      existing(this.#kind, found),
    );
    const kindOfHold = decision === 'refuse' || holder !== undefined ? 'refused-adoption' : 'proposed-adoption';
    const approved =
      decision === 'adopt' && holder === undefined
        ? true
        : (await this.#hold(kindOfHold, [found.id], `a resource of that name exists in the target`)) &&
          kindOfHold === 'proposed-adoption';
    if (!approved) {
      await this.#state.links.forget(this.#target, row);
      return undefined;
    }
    this.#held.splice(0);
    const linked = await this.#linked(row, found.id, this.#kind.read(found));
    const plan = planResource(this.#wanted, linked.value, this.#kind);
    return plan.action === 'update' ? this.#update(linked, plan.changes, plan.effect) : linked;
  }

  async #update(row: LinkRow, changes: Attributes, effect: Effect): Promise<LinkRow> {
    const { scimId } = row.value;
    if (scimId === undefined) throw new RetryLater('a link without a resource');
    const name = changes[this.#kind.nameAttribute];
    if (typeof name === 'string' && (await this.#nameIsTaken(name))) return row;
    const agreed = await this.#secondRead(row, effect);
    this.#session.admit('patch', effect);
    const previous = agreed.value.intent;
    const open = await this.#state.links.replace(this.#target, agreed, {
      ...agreed.value,
      intent: {
        attributes: { ...previous?.attributes, ...stored(changes) },
        at: previous?.at ?? now(),
        epoch: this.#session.epoch,
      },
    });
    try {
      await this.#session.send(
        () =>
          this.#session.target.scim.patch(this.#kind.type, scimId, replaceAttributes(this.#kind.patch(changes)), this.#session.request),
        { operation: 'patch', lastWriteAt: agreed.value.lastWriteAt },
      );
    } catch (error) {
      return this.#updateFailed(open, error, name);
    }
    this.#wrote(effect === 'revoke' ? 'deactivate' : 'update', scimId, Object.keys(changes));
    if (effect === 'grant') this.#activated = true;
    const written = { ...open.value.written, ...stored(changes) };
    return this.#closed(open, { ...open.value, written, name: typeof name === 'string' ? name : open.value.name }, previous?.at);
  }

  async #updateFailed(open: LinkRow, error: unknown, name: unknown): Promise<LinkRow> {
    if (error instanceof Gone) return this.#confirmGone(open);
    if (error instanceof Conflict && typeof name === 'string') {
      const closed = await this.#state.links.replace(this.#target, open, { ...open.value, intent: undefined });
      await this.#hold('name-in-use', [], 'the target has another resource of that name');
      return closed;
    }
    throw error;
  }

  /** A resource that answers 404 to a write is believed gone only when a read says so as well. */
  async #confirmGone(row: LinkRow): Promise<LinkRow> {
    const scimId = row.value.scimId ?? '';
    const found = await this.#session.send(() => this.#session.target.scim.get(this.#kind.type, scimId, this.#session.request), {
      operation: 'get',
    });
    if (found !== undefined) throw new RetryLater('a resource is there for reads and not for writes');
    const gone = await this.#state.links.replace(this.#target, row, { ...row.value, status: 'gone', intent: undefined });
    if (this.#wanted.create !== undefined) {
      await this.#hold('deleted-in-target', [scimId], 'somebody else removed it from the target');
    }
    return gone;
  }

  /** A grant shortly after a removal waits for a second read that agrees. */
  async #secondRead(row: LinkRow, effect: Effect): Promise<LinkRow> {
    const { deactivatedAt, grantSeenAt } = row.value;
    if (effect !== 'grant' || deactivatedAt === undefined || now() - deactivatedAt >= RECENT_REMOVAL_MS) return row;
    if (grantSeenAt === undefined) {
      await this.#state.links.replace(this.#target, row, { ...row.value, grantSeenAt: now() });
      throw new RetryLater('a grant right after a removal needs a second read', { afterMs: SECOND_READ_AFTER_MS });
    }
    const wait = grantSeenAt + SECOND_READ_AFTER_MS - now();
    if (wait > 0) throw new RetryLater('a grant right after a removal needs a second read', { afterMs: wait });
    return row;
  }

  async #linked(row: LinkRow, scimId: string, attributes: Attributes): Promise<LinkRow> {
    this.#linkedNow = true;
    const next: Link = { ...row.value, status: 'linked', scimId, written: stored(attributes), intent: undefined, lastWriteAt: now() };
    return this.#state.links.replace(this.#target, row, next);
  }

  /** Nothing to write, and an intent is open: it is closed once it can no longer take effect late. */
  async #closeIntent(row: LinkRow): Promise<LinkRow> {
    if (now() - (row.value.intent?.at ?? 0) < INTENT_SETTLES_MS) {
      this.#unsettled = true;
      return row;
    }
    return this.#state.links.replace(this.#target, row, { ...row.value, intent: undefined });
  }

  /** After a write that succeeded. An older write that may still arrive keeps the intent open until it cannot. */
  async #closed(open: LinkRow, next: Link, previousAt: number | undefined): Promise<LinkRow> {
    const young = previousAt !== undefined && now() - previousAt < INTENT_SETTLES_MS;
    if (young) this.#unsettled = true;
    const off = next.written.active === false && open.value.written.active !== false;
    return this.#state.links.replace(this.#target, open, {
      ...next,
      intent: young ? open.value.intent : undefined,
      uncertain: undefined,
      lastWriteAt: now(),
      ...(off ? { deactivatedAt: now() } : {}),
      grantSeenAt: undefined,
    });
  }

  async #nameIsTaken(name: string): Promise<boolean> {
    const conflict = await this.#names.check(this.#target, this.#p, name);
    if (conflict === undefined) return false;
    await this.#hold(conflict.kind, conflict.ids, conflict.cause);
    return true;
  }

  async #hold(kind: HoldKind, ids: string[], cause: string): Promise<boolean> {
    this.#held.push(kind);
    const request: HoldRequest = { kind, principal: this.#p, ids, cause };
    return this.#state.holds.hold(this.#target, request, now());
  }

  async #findByName(name: string): Promise<Found | undefined> {
    const { type, nameAttribute } = this.#kind;
    const { scim } = this.#session.target;
    const found: readonly Found[] =
      (await this.#session.send<readonly Found[]>(() => scim.find(type, nameAttribute, name, this.#session.request), {
        operation: 'list',
      })) ?? [];
    if (found.length > 1) throw new Permanent('AmbiguousName', 'the target has several resources of one name');
    return found[0];
  }

  async #mustRead(): Promise<LinkRow> {
    const row = await this.#state.links.get(this.#target, this.#p);
    if (row === undefined) throw new VersionConflict('a link vanished right after it was stored');
    return row;
  }

  #nameOf(attributes: Attributes): string {
    return String(attributes[this.#kind.nameAttribute]);
  }

  #wrote(action: string, scimId: string, names: string[]): void {
    this.#writes.push({ action: `${action}-${this.#p.kind}`, scimId, detail: names.join(',') });
  }
}

type Found = ScimUser | ScimGroup;

/** Holds that other parts of the look decide about. */
const holdsOfOthers: readonly HoldKind[] = ['large-shrink', 'hidden-membership', 'unknown-in-source'];

function stored(attributes: Attributes): Record<string, string | boolean> {
  return Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
