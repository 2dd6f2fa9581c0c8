import type { LinkRow } from '../state/links.ts';
import { createResource } from './create-resource.ts';
import { type ResourceRun, stored } from './resource-run.ts';

/**
 * Brings back what somebody else took away in the target, once a person has approved that: an account that is there
 * and switched off is linked again, anything else is created anew.
 */
export async function restoreResource(run: ResourceRun, row: LinkRow): Promise<LinkRow | undefined> {
  const { scimId } = row.value;
  const { create } = run.wanted;
  if (create === undefined) return row;
  const { scim } = run.session.target;
  const found =
    scimId === undefined
      ? undefined
      : await run.session.send(() => scim.get(run.kind.type, scimId, run.session.request), {
          operation: 'get',
        });
  run.release('deleted-in-target');
  if (found === undefined) {
    await run.state.links.forget(run.target, row);
    return createResource(run, create);
  }
  // As the target shows it: what differs is written again.
  const written = stored(run.kind.read(found));
  return run.state.links.replace(run.target, row, { ...row.value, status: 'linked', written });
}
