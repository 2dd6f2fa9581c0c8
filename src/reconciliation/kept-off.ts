import type { Principal } from '../identity/principal.ts';
import type { DesiredPicture } from '../planning/picture.ts';
import type { State } from '../state/state.ts';

/** Users in scope whose account is off because its name belongs to somebody else now. */
export async function keptOff(state: State, target: string): Promise<Principal[]> {
  const holds = await state.holds.list(target);
  return holds.filter(({ value }) => value.kind === 'name-passed-on').map(({ value }) => value.principal);
}

/** What is desired of them is that: an audit would have their accounts switched off again each time. */
export function withKeptOff(desired: DesiredPicture, off: readonly Principal[]): DesiredPicture {
  if (off.length === 0) return desired;
  const users = new Map(desired.users);
  for (const { id } of off) {
    const resource = users.get(id);
    if (resource !== undefined) users.set(id, { ...resource, set: { active: false } });
  }
  return { ...desired, users };
}
