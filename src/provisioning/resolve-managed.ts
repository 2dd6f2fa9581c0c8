import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import { principalKey } from '../identity/principal.ts';
import { decideAdoption } from '../planning/adoption.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { LinkRow } from '../state/links.ts';
import { existing, type ScimResource } from './kinds.ts';
import { type ResourceRun, stored } from './resource-run.ts';

/** What Databricks' own copy of Entra ID may lag behind by, before we ask for somebody again. */
const KNOWN_WITHIN_MS = 10 * 60_000;

/** Attributes that are ours to write where identities are managed automatically: who it is, and whether he may come in. */
const OURS: ReadonlySet<string> = new Set(['externalId', 'active']);

/** What is left of a wish where identities are managed automatically; the rest is Databricks' own to keep up. */
export function leftToUs({ create, set }: Wanted): Wanted {
  return { create, set: Object.fromEntries(Object.entries(set).filter(([name]) => isLeftToUs(name))) };
}

export function isLeftToUs(attribute: string): boolean {
  return OURS.has(attribute);
}

/**
 * Instead of a create: asks the account for whoever has that Entra object id, which brings him in, and links him as he is
 * there. The link was stored before with the intent, so that somebody who is brought in is switched off again if need be.
 *
 * @returns undefined when that is held
 * @throws {RetryLater} while Databricks does not know the principal; what {@link TargetSession.send} throws
 */
export async function resolveManaged(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const { identities, scim } = run.session.target;
  if (identities === undefined) {
    const cause =
      'the account manages its identities automatically, and no credential is there that may resolve them';
    await run.hold('managed-identities', [], cause);
    return undefined;
  }
  const { type } = run.kind;
  const scimId = await run.session.send<string | undefined>(
    () => identities.resolve(type, run.p.id, run.session.request),
    { operation: 'resolve' },
  );
  if (scimId === undefined)
    throw new RetryLater('the account does not find the principal in Entra ID', { afterMs: KNOWN_WITHIN_MS });
  const found = await run.session.send<ScimResource | undefined>(
    () => scim.get(type, scimId, run.session.request),
    { operation: 'get' },
  );
  if (found === undefined) throw new RetryLater('what was resolved does not show yet');
  const { name } = existing(run.kind, found);
  if (foldName(name) !== foldName(row.value.name) && (await run.nameIsTaken(name))) return undefined;
  if (!(await mayLink(run, found))) return undefined;
  run.wrote('resolve', scimId, []);
  return run.state.links.replace(run.target, row, {
    ...row.value,
    status: 'linked',
    scimId,
    name: name === '' ? row.value.name : name,
    written: stored(run.kind.read(found)),
    intent: undefined,
    lastWriteAt: now(),
  });
}

/** That it is he is Databricks' word. An administrator is not taken over, and nobody is switched on again by the way. */
async function mayLink(run: ResourceRun, found: ScimResource): Promise<boolean> {
  const { p } = run;
  const there = existing(run.kind, found);
  const holder = await run.state.links.holderOfScimId(run.target, p.kind, found.id);
  const isOthers = holder !== undefined && principalKey(holder) !== principalKey(p);
  const decision = decideAdoption(
    { name: there.name, externalId: p.id },
    { ...there, externalId: there.externalId ?? p.id },
  );
  if (isOthers || decision === 'refuse') {
    const cause = 'the resource belongs to something else, or is an administrator';
    await run.hold('refused-adoption', [found.id], cause);
    return false;
  }
  if (decision === 'adopt') return true;
  const cause = 'the account is switched off in the target';
  const approved = await run.hold('proposed-adoption', [found.id], cause);
  if (approved) run.release('proposed-adoption');
  return approved;
}
