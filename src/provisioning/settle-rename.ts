import { now } from '../identity/clock.ts';
import { foldName } from '../identity/names.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import { INTENT_SETTLES_MS } from './resource-run.ts';
import type { TargetSession } from './target-session.ts';

/**
 * Finds out by what name a group goes whose renaming was begun and never answered, once the write can no longer arrive.
 * It may have the new name already while its link claims the old one: whoever wants the new one is refused then, and while
 * the group waits in its turn for his name, neither would ever get on.
 *
 * @returns the link afterwards: as it was, where nothing is open, or neither name is what the group has
 * @throws what {@link TargetSession.send} throws
 */
export async function settleRename(state: State, session: TargetSession, link: LinkRow): Promise<LinkRow> {
  const { intent, scimId, name, written, lastWriteAt } = link.value;
  const begun = intent?.attributes.displayName;
  if (intent === undefined || scimId === undefined || typeof begun !== 'string') return link;
  if (foldName(begun) === foldName(name) || now() - intent.at < INTENT_SETTLES_MS) return link;
  const { target, request } = session;
  const found = await session.send(() => target.scim.get('Groups', scimId, request), {
    operation: 'get',
    ...(lastWriteAt === undefined ? {} : { lastWriteAt }),
  });
  const displayName = found?.displayName;
  // What somebody else called it is for an audit to find.
  if (displayName === undefined || ![begun, name].map(foldName).includes(foldName(displayName))) return link;
  const { displayName: _settled, ...others } = intent.attributes;
  return state.links.replace(target.id, link, {
    ...link.value,
    name: displayName,
    written: { ...written, displayName },
    intent: Object.keys(others).length === 0 ? undefined : { ...intent, attributes: others },
  });
}
