import type { LinkRow } from '../state/links.ts';
import { createResource } from './create-resource.ts';
import type { ScimResource } from './kinds.ts';
import { type ResourceRun, stored } from './resource-run.ts';

/**
 * Brings back what somebody else took away in the target, once a person has approved that: an account that is there
 * and switched off is linked again, anything else is created anew.
 */
export async function restoreResource(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const { create } = run.wanted;
  if (create === undefined) return row;
  const found = await read(run, row);
  run.release('deleted-in-target');
  if (found === undefined) {
    await run.state.links.forget(run.target, row);
    return createResource(run, create);
  }
  return linkAgain(run, row, found);
}

/**
 * Links again what somebody else took away and has put back since: that is what an approval would do. Looked for only
 * where an audit saw the account on, or it is to be off: a tombstone alone would leave it on for good.
 * @returns undefined where it is not on
 */
export async function linkWhereBack(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const wasSeenOn = row.value.uncertain?.includes('active') === true;
  if (!wasSeenOn && run.wanted.set.active !== false) return undefined;
  const found = await read(run, row);
  const isOn = found !== undefined && run.kind.read(found).active !== false;
  return isOn ? linkAgain(run, row, found) : undefined;
}

async function read(run: ResourceRun, { value: { scimId } }: LinkRow): Promise<ScimResource | undefined> {
  if (scimId === undefined) return undefined;
  const { scim } = run.session.target;
  return run.session.send<ScimResource | undefined>(
    () => scim.get(run.kind.type, scimId, run.session.request),
    { operation: 'get' },
  );
}

/** As the target shows it: what differs is written again. */
function linkAgain(run: ResourceRun, row: LinkRow, found: ScimResource): Promise<LinkRow> {
  return run.state.links.replace(run.target, row, {
    ...row.value,
    status: 'linked',
    written: stored(run.kind.read(found)),
    uncertain: undefined,
    missingSince: undefined,
  });
}
