import { expect } from 'vitest';
import type { RequestRecord } from '../../src/local/databricks/types.ts';
import { writes } from './observe.ts';
import type { World } from './world.ts';

/** Longer ago than this, a write no longer makes an audit look away (milliseconds). */
const AUDITED_AFTER_MS = 125_000;

/** Runs a full comparison of every target now, and works off what it found. */
export async function audit(world: World): Promise<void> {
  for (const target of world.targets)
    await world.state.targets.update(target, state => ({ ...state, auditDue: 'test' }));
  await world.fire('reconcile');
  for (const target of world.targets)
    await world.until(
      `the audit of ${target} is done`,
      async () => (await world.state.targets.read(target)).auditDue === undefined,
    );
  await world.drained();
}

/** Neither the later looks nor a full comparison find anything left to write. */
export async function expectConverged(world: World): Promise<void> {
  await world.drained({ laterLooks: true });
  const { databricks } = world.cloud;
  const written = () => [databricks, ...databricks.workspaces.values()].map(realm => writes(world, realm));
  const before = written().map(({ length }) => length);
  // In one step: nothing is in hand, scheduled or waiting.
  world.clock.advance(AUDITED_AFTER_MS);
  await world.drained({ laterLooks: true });
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(written().flatMap((records, realm) => records.slice(before[realm]))).toEqual([]);
}

/** Open holds as `kind principal`, with the ids that they name. */
export async function openHolds(world: World): Promise<{ hold: string; ids: readonly string[] }[]> {
  const rows = await world.state.holds.list(world.target);
  return rows.map(({ value }) => ({
    hold: `${value.kind} ${value.principal.kind}:${value.principal.id}`,
    ids: value.ids,
  }));
}

/** Those of the writes that take access away: an account switched off, a member removed, anything deleted. */
export function takingAway(records: readonly RequestRecord[]): RequestRecord[] {
  return records.filter(({ method, body }) => {
    if (method === 'DELETE') return true;
    const text = JSON.stringify(body ?? '');
    return method === 'PATCH' && (text.includes('"op":"remove"') || text.includes('"active","value":false'));
  });
}

/** The writes from now on: as requests, and as `PATCH /Users/1`, in order of arrival. */
export function writesFromNow(world: World): { records(): RequestRecord[]; paths(): string[] } {
  const before = writes(world).length;
  const records = (): RequestRecord[] => writes(world).slice(before);
  return { records, paths: () => records().map(({ method, path }) => `${method} ${path}`) };
}
