import { now } from '../identity/clock.ts';
import { parseValuePath } from '../identity/desired.ts';
import type { Principal } from '../identity/principal.ts';
import { nameChangeIsRefused, planResource, type Wanted } from '../planning/resource-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { Link, LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import { assignmentHolds } from './assignment-holds.ts';
import { createResource, resolveCreate } from './create-resource.ts';
import type { Kind } from './kinds.ts';
import type { NameConflicts } from './name-conflict.ts';
import type { Write } from './outcome.ts';
import { BEYOND_LIMIT, type RemovalGuard } from './removal-guard.ts';
import { beginReplacement, retireFormer } from './replace-account.ts';
import { leftToUs } from './resolve-managed.ts';
import { INTENT_SETTLES_MS, ResourceRun } from './resource-run.ts';
import { linkWhereBack, restoreResource } from './restore-resource.ts';
import type { TargetSession } from './target-session.ts';
import { closeIdleIntent, updateResource } from './update-resource.ts';

export interface AppliedResource {
  /** The link afterwards; undefined when the principal has none. */
  readonly link: LinkRow | undefined;
  readonly writes: readonly Write[];
  readonly held: readonly HoldKind[];
  /** An intent was left open because it is too young: look again. */
  readonly unsettled: boolean;
}

/** Something that a look found before its resource was touched, to be kept with what the resource itself is held for. */
export interface LookHold {
  readonly kind: HoldKind;
  readonly ids: readonly string[];
  readonly cause: string;
}

/** Holds that other parts of a look decide about. */
const holdsOfOthers: readonly HoldKind[] = [
  'large-shrink',
  'removal-limit',
  'hidden-membership',
  'unknown-in-source',
  'group-deletion',
  'nesting-cut',
  ...assignmentHolds,
];

/**
 * Brings the resource of one principal to what is wanted: create, resolve a create whose answer was lost, adopt,
 * update. The same for every kind; members of groups are not its concern.
 */
export class ResourceApplier {
  readonly #state: State;
  readonly #names: NameConflicts;
  readonly #guard: RemovalGuard;

  constructor(state: State, names: NameConflicts, guard: RemovalGuard) {
    this.#state = state;
    this.#names = names;
    this.#guard = guard;
  }

  async apply(
    session: TargetSession,
    p: Principal,
    kind: Kind,
    wanted: Wanted,
    o: {
      adoptableName?: string;
      holds?: readonly LookHold[];
      replaces?: boolean;
      otherwise?: Wanted;
      /** The account manages its identities automatically. */
      managed?: boolean;
      /** What the principal was held for when the look began; left out, it is asked for. */
      present?: ReadonlySet<HoldKind>;
    } = {},
  ): Promise<AppliedResource> {
    const { adoptableName, managed = false } = o;
    const asked = managed ? leftToUs(wanted) : wanted;
    const run = new ResourceRun({
      state: this.#state,
      names: this.#names,
      session,
      p,
      kind,
      wanted: asked,
      adoptableName,
      managed,
    });
    for (const { kind: reason, ids, cause } of o.holds ?? []) await run.hold(reason, ids, cause);
    const before = await this.#state.links.get(run.target, p);
    run.wanted = await this.#withinLimits(run, before?.value);
    const link = await execute(run, before, o.replaces === true && !managed, o.otherwise);
    if (nameChangeIsRefused(asked, link?.value, kind)) {
      await run.hold(
        'user-name-change',
        [link?.value.scimId ?? ''],
        'the target does not let a userName be changed',
      );
    }
    const present = o.present ?? (await this.#state.holds.kindsOf(run.target, p));
    await this.#state.holds.withdrawOf(run.target, p, present, [...run.held, ...holdsOfOthers]);
    return { link, writes: run.writes, held: run.held, unsettled: run.unsettled };
  }

  /** Without the roles and entitlements that the guard does not let go from somebody who stays. */
  async #withinLimits(run: ResourceRun, link: Link | undefined): Promise<Wanted> {
    const { wanted } = run;
    const taken = rolesTaken(wanted, link);
    const { target, p } = run;
    if (taken.length === 0 || (await this.#guard.admits(target, p, 'grants', taken, 'role-removal-limit')))
      return wanted;
    await run.hold('role-removal-limit', taken, BEYOND_LIMIT);
    const kept = Object.entries(wanted.set).filter(([key]) => !taken.includes(key));
    return { ...wanted, set: Object.fromEntries(kept) };
  }
}

/** Values that we gave, or may have given, and that are to be taken away from a resource that stays on. */
function rolesTaken({ set }: Wanted, link: Link | undefined): string[] {
  if (link?.status !== 'linked' || set.active === false) return [];
  const { written, intent } = link;
  return Object.keys(set).filter(
    key =>
      set[key] === false &&
      parseValuePath(key) !== undefined &&
      (written[key] === true || intent?.attributes[key] === true),
  );
}

async function execute(
  run: ResourceRun,
  before: LinkRow | undefined,
  replaces: boolean,
  otherwise: Wanted | undefined,
): Promise<LinkRow | undefined> {
  const plan = planResource(run.wanted, before?.value, run.kind);
  if (plan.action === 'create') return finish(run, await createResource(run, plan.attributes));
  if (before === undefined) return undefined;
  if (plan.action === 'resolve') return resolve(run, before, otherwise);
  const { create } = run.wanted;
  if (replaces && create !== undefined && nameChangeIsRefused(run.wanted, before.value, run.kind)) {
    // An account whose name is somebody else's by now goes first: whether there will be a new one is open.
    const parted = otherwise === undefined ? before : await switchOff(run, before, otherwise);
    const begun = await beginReplacement(run, parted, create);
    if (begun !== undefined) return resolve(run, begun, otherwise);
    run.wanted = otherwise ?? run.wanted;
    return finish(run, parted);
  }
  return finish(run, before);
}

async function switchOff(run: ResourceRun, row: LinkRow, off: Wanted): Promise<LinkRow> {
  const plan = planResource(off, row.value, run.kind);
  return plan.action === 'update' ? updateResource(run, row, plan.changes, plan.effect) : row;
}

/** @param otherwise wanted where nothing came of the create, and the account before it is the principal's again */
async function resolve(
  run: ResourceRun,
  creating: LinkRow,
  otherwise: Wanted | undefined,
): Promise<LinkRow | undefined> {
  const previous = creating.value.former?.at(-1)?.scimId;
  const row = await resolveCreate(run, creating);
  if (previous !== undefined && row?.value.scimId === previous) run.wanted = otherwise ?? run.wanted;
  return finish(run, row);
}

/** What is left to do once the resource is linked: an adopted one, or one created in another form, is updated. */
async function finish(run: ResourceRun, row: LinkRow | undefined): Promise<LinkRow | undefined> {
  if (row === undefined) return undefined;
  const plan = planResource(run.wanted, row.value, run.kind);
  switch (plan.action) {
    case 'update':
      return settleFormer(run, await updateResource(run, row, plan.changes, plan.effect));
    case 'gone': {
      const back = await linkWhereBack(run, row);
      if (back !== undefined) return finish(run, back);
      if (run.wanted.create === undefined) return settleFormer(run, row);
      const ids = row.value.scimId === undefined ? [] : [row.value.scimId];
      const cause = 'somebody else removed it from the target';
      if (!(await run.hold('deleted-in-target', ids, cause))) return row;
      const restored = await restoreResource(run, row);
      return restored === undefined || restored.value.status === 'gone' ? restored : finish(run, restored);
    }
    default:
      return settleFormer(run, await verifyOff(run, await settle(run, await followName(run, row))));
  }
}

/**
 * A success is no proof: Databricks ignores some writes without a word. Once the caches of the target cannot lag any
 * more, an account that was switched off is read, and written again if it is on.
 */
async function verifyOff(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  const { status, written, intent, offSeen, uncertain = [], lastWriteAt = 0, scimId = '' } = row.value;
  const isOff = status === 'linked' && written.active === false && intent === undefined;
  if (
    run.wanted.set.active !== false ||
    !isOff ||
    offSeen === true ||
    now() - lastWriteAt < INTENT_SETTLES_MS
  )
    return row;
  const { scim } = run.session.target;
  const { type } = run.kind;
  const found = await run.session.send(() => scim.get(type, scimId, run.session.request), {
    operation: 'get',
    lastWriteAt,
  });
  // Gone is off; an audit, or the next write, makes a tombstone of it.
  const isOn = found !== undefined && 'active' in found && found.active === true;
  const next: Link = isOn
    ? { ...row.value, uncertain: [...new Set([...uncertain, 'active'])] }
    : { ...row.value, offSeen: true };
  const noted = await run.state.links.replace(run.target, row, next);
  if (!isOn) return noted;
  run.wrote('not-kept', scimId, ['active']);
  return updateResource(run, noted, { active: false }, 'revoke');
}

/** The name of a group follows the source without us: the claim on it must as well, or it keeps others from theirs. */
async function followName(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  const name = run.wanted.create?.[run.kind.nameAttribute];
  if (!run.managed || run.kind.nameIsImmutable || typeof name !== 'string') return row;
  if (name === row.value.name || row.value.status !== 'linked' || (await run.nameIsTaken(name))) return row;
  return run.state.links.replace(run.target, row, { ...row.value, name });
}

async function settleFormer(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  return row.value.former === undefined ? row : retireFormer(run, row);
}

async function settle(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  if (row.value.status !== 'linked') return row;
  if (row.value.intent !== undefined) return closeIdleIntent(run, row);
  // A read in between that does not want the grant: the next one that does is a first one again.
  if (row.value.grantSeenAt === undefined) return row;
  return run.state.links.replace(run.target, row, { ...row.value, grantSeenAt: undefined });
}
