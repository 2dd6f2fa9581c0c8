import { RefusedByAim } from '../databricks/failure.ts';
import { now } from '../identity/clock.ts';
import type { Attributes } from '../identity/desired.ts';
import { Conflict, Permanent, RetryLater } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import { decideAdoption } from '../planning/adoption.ts';
import { canFind } from '../scim/filter.ts';
import type { Link, LinkRow } from '../state/links.ts';
import { VersionConflict } from '../state/row-store.ts';
import { assertRoom } from './assert-room.ts';
import { existing, type ScimResource } from './kinds.ts';
import { resolveManaged } from './resolve-managed.ts';
import { type ResourceRun, stored } from './resource-run.ts';

/** Longer than any replica of the target lags behind a name that it refuses. Its caches live up to 60 s. */
const NAME_SHOWS_WITHIN_MS = 90_000;

/** Creates the resource. Undefined when that is held, or ended without a link. */
export async function createResource(run: ResourceRun, attributes: Attributes): Promise<LinkRow | undefined> {
  const name = run.nameOf(attributes);
  if (await run.nameIsTaken(name)) return undefined;
  const known = await findHeld(run, name);
  if (known === 'several') return undefined;
  if (known !== undefined) return adoptHeld(run, known);
  await assertRoom(run, attributes);
  run.session.admit('write', 'grant');
  await run.state.links.add(run.target, {
    principal: run.p,
    status: 'creating',
    name,
    written: {},
    intent: { attributes: stored(attributes), at: now(), epoch: run.session.epoch },
  });
  const row = await run.state.links.get(run.target, run.p);
  if (row === undefined) throw new VersionConflict('a link vanished right after it was stored');
  return post(run, row, attributes);
}

/**
 * Finds out what became of a create whose answer was lost, by the name that it was sent with.
 * @throws {RetryLater} while it may still arrive and something else is wanted by now.
 */
export async function resolveCreate(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const { name, intent } = row.value;
  const found = await findByName(run, name);
  if (found === 'several') return letGo(run, row);
  if (found !== undefined) return decide(run, row, found);
  const attributes = run.wanted.create;
  // The same name cannot be created twice, so trying again is safe at once. Anything else has to wait until the lost
  // request can no longer arrive, and would show: an account whose link is forgotten is switched off by nobody.
  if (attributes !== undefined && foldName(run.nameOf(attributes)) === foldName(name)) {
    await assertRoom(run, attributes);
    run.session.admit('write', 'grant');
    // From now on it is this try that may still arrive.
    const again = await run.state.links.replace(run.target, row, {
      ...row.value,
      intent: {
        attributes: stored(attributes),
        at: now(),
        since: intent?.since ?? intent?.at,
        epoch: run.session.epoch,
      },
    });
    return post(run, again, attributes);
  }
  const wait = (intent?.at ?? 0) + NAME_SHOWS_WITHIN_MS - now();
  if (wait > 0) throw new RetryLater('a create is not settled yet', { afterMs: wait });
  const before = await letGo(run, row);
  return before !== undefined || attributes === undefined ? before : createResource(run, attributes);
}

async function post(run: ResourceRun, row: LinkRow, attributes: Attributes): Promise<LinkRow | undefined> {
  const { scim } = run.session.target;
  try {
    if (run.managed) return (await resolveManaged(run, row)) ?? (await letGo(run, row));
    const created = await run.session.send(
      () => scim.create(run.kind.type, run.kind.body(attributes), run.session.request),
      { operation: 'create' },
    );
    if (created === undefined) throw new RetryLater('a create was answered without a resource');
    run.wrote('create', created.id, Object.keys(attributes));
    const linked = await link(run, row, created.id, attributes);
    await run.state.targets.count(run.target, run.p.kind, 1);
    return linked;
  } catch (error) {
    if (error instanceof Conflict) return takeOver(run, row, error);
    // Refused for good: nothing was created, and the name is free again.
    if (error instanceof Permanent || error instanceof RefusedByAim) await letGo(run, row);
    throw error;
  }
}

async function takeOver(run: ResourceRun, row: LinkRow, conflict: Conflict): Promise<LinkRow | undefined> {
  const { name, intent } = row.value;
  const found = await findByName(run, name);
  if (found === 'several') return letGo(run, row);
  if (found !== undefined) return decide(run, row, found);
  // The target says that the name exists and does not show it: one of its replicas lags.
  if (now() - (intent?.since ?? intent?.at ?? 0) < NAME_SHOWS_WITHIN_MS)
    throw new RetryLater('the name exists in the target and is not found', { cause: conflict });
  // Names are taken without regard to case, and found with regard to it: the next audit tells whose this one is.
  await run.hold(
    'name-in-use',
    [],
    'the target refuses the name, and shows no resource of exactly that name',
  );
  return letGo(run, row);
}

/** Nothing came of a create. Where it was to replace an account, that one is the principal's again. */
async function letGo(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const { former = [] } = row.value;
  const previous = former.at(-1);
  if (previous === undefined) {
    await run.state.links.forget(run.target, row);
    return undefined;
  }
  const { scimId, name, written, lastWriteAt } = previous;
  const link: Link = {
    ...row.value,
    status: 'linked',
    scimId,
    name,
    written,
    lastWriteAt,
    intent: undefined,
  };
  return run.state.links.replace(run.target, row, { ...link, former: others(former, scimId) });
}

function others(former: NonNullable<Link['former']>, scimId: string): Link['former'] {
  const rest = former.filter(account => account.scimId !== scimId);
  return rest.length === 0 ? undefined : rest;
}

/**
 * The resource that an audit found for this principal, by its external id or by its name in another spelling, as long
 * as it is there: it is not created a second time.
 */
async function findHeld(run: ResourceRun, name: string): Promise<ScimResource | 'several' | undefined> {
  const { scim } = run.session.target;
  const candidates: ScimResource[] = [];
  for (const scimId of await run.state.holds.candidates(run.target, run.p)) {
    const found = await run.session.send<ScimResource | undefined>(
      () => scim.get(run.kind.type, scimId, run.session.request),
      { operation: 'get' },
    );
    if (found === undefined) continue;
    if (found.externalId === run.p.id || foldName(existing(run.kind, found).name) === foldName(name))
      candidates.push(found);
  }
  return candidates.length > 1 ? ambiguous(run, candidates) : candidates[0];
}

/** Which of them it should be is nobody's to choose. */
async function ambiguous(run: ResourceRun, candidates: readonly ScimResource[]): Promise<'several'> {
  const ids = candidates.map(({ id }) => id);
  await run.hold('ambiguous-match', ids, 'the target has several resources that match');
  return 'several';
}

async function adoptHeld(run: ResourceRun, found: ScimResource): Promise<LinkRow | undefined> {
  const { name } = existing(run.kind, found);
  // Another spelling, or another name altogether: the link that claims it would refuse ours for ever.
  if (await run.nameIsTaken(name)) return undefined;
  if (!(await mayAdopt(run, run.nameOf(run.wanted.create ?? {}), found))) return undefined;
  await run.state.links.add(run.target, {
    principal: run.p,
    status: 'linked',
    scimId: found.id,
    name,
    written: stored(run.kind.read(found)),
    lastWriteAt: now(),
  });
  return run.state.links.get(run.target, run.p);
}

/** Takes an existing resource over, or holds that. */
async function decide(run: ResourceRun, row: LinkRow, found: ScimResource): Promise<LinkRow | undefined> {
  // A create that is no longer wanted: what carries our id is ours to link and switch off, anything else is not.
  const ours = found.externalId === run.p.id;
  if (!(ours || run.wanted.create !== undefined) || !(await mayAdopt(run, row.value.name, found, row))) {
    return letGo(run, row);
  }
  return link(run, row, found.id, run.kind.read(found));
}

async function mayAdopt(
  run: ResourceRun,
  name: string,
  found: ScimResource,
  row?: LinkRow,
): Promise<boolean> {
  // The account that he had under this name before.
  if (row?.value.former?.some(({ scimId }) => scimId === found.id)) return true;
  const { id: externalId, kind } = run.p;
  const holder = await run.state.links.holderOfScimId(run.target, kind, found.id);
  const { adoptableName } = run;
  const decision = decideAdoption({ name, externalId, adoptableName }, existing(run.kind, found));
  if (holder !== undefined || decision === 'refuse') {
    await run.hold('refused-adoption', [found.id], 'the resource of that name belongs to something else');
    return false;
  }
  if (decision === 'adopt') return true;
  const approved = await run.hold(
    'proposed-adoption',
    [found.id],
    'a resource of that name exists in the target',
  );
  if (approved) run.release('proposed-adoption');
  return approved;
}

function link(run: ResourceRun, row: LinkRow, scimId: string, attributes: Attributes): Promise<LinkRow> {
  const next: Link = {
    ...row.value,
    status: 'linked',
    scimId,
    written: stored(attributes),
    intent: undefined,
    former: others(row.value.former ?? [], scimId),
    lastWriteAt: now(),
  };
  return run.state.links.replace(run.target, row, next);
}

/** What has the name, or carries our id: a resource of ours may have been renamed, or be there twice. */
async function findByName(run: ResourceRun, name: string): Promise<ScimResource | 'several' | undefined> {
  const { type, nameAttribute } = run.kind;
  const { scim } = run.session.target;
  const find = async (attribute: string, value: string): Promise<readonly ScimResource[]> =>
    (await run.session.send<readonly ScimResource[]>(
      () => scim.find(type, attribute, value, run.session.request),
      { operation: 'list' },
    )) ?? [];
  const named = await find(nameAttribute, name);
  const marked = canFind(type, 'externalId') ? await find('externalId', run.p.id) : [];
  const found = [...new Map([...named, ...marked].map(resource => [resource.id, resource])).values()];
  const own = found.filter(({ externalId }) => externalId === run.p.id);
  if (own.length === 1) return own[0];
  return found.length > 1 ? ambiguous(run, found) : found[0];
}
