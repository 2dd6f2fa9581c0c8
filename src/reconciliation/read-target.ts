import { classifyFailure } from '../databricks/failure.ts';
import { sleep } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { ActualPicture, ActualResource, KnownLink } from '../planning/compare.ts';
import { existing, type Kind, kinds } from '../provisioning/kinds.ts';
import { Limiter } from '../provisioning/limiter.ts';
import type { Target } from '../provisioning/target.ts';
import type { ScimGroup, ScimUser } from '../scim/resources.ts';
import type { RequestOptions } from '../scim/types.ts';
import type { State } from '../state/state.ts';

/** An intent, or a write, less than this before the target was read makes a difference mean nothing. */
const RECENT_WRITE_MS = 120_000;

/** Tries of one page or resource. A single throttled request among thousands must not start the whole read anew. */
const READ_TRIES = 8;
const LONGEST_WAIT_MS = 60_000;

/** Progress of a long read or write, for whoever watches. `total` is undefined while it is not known. */
export type Progress = (phase: string, done: number, total: number | undefined) => void;

/** Reads a target completely, within the readers' share of its limits. @throws when a single page cannot be read. */
export async function readActual(
  target: Target,
  wantsMembers: (group: ActualResource) => boolean,
  progress: Progress = () => undefined,
): Promise<ActualPicture> {
  const limiter = new Limiter(target.readerRates);
  const request: RequestOptions = {
    pace: requestClass => limiter.take(requestClass, 'bulk'),
    again: waitOut,
  };
  const users: ActualResource[] = [];
  for await (const page of target.scim.list('Users', request)) {
    users.push(...page.map(user => flat(kinds.user, user)));
    progress('target users', users.length, undefined);
  }
  const groups: ActualResource[] = [];
  for await (const page of target.scim.list('Groups', { ...request, excludedAttributes: ['members'] })) {
    groups.push(...page.map(group => flat(kinds.group, group)));
  }
  const members = new Map<string, ReadonlySet<string>>();
  const wanted = groups.filter(wantsMembers);
  const readSome = async (): Promise<void> => {
    for (let group = wanted.shift(); group !== undefined; group = wanted.shift()) {
      const found = await target.scim.get('Groups', group.scimId, request);
      members.set(group.scimId, new Set((found?.members ?? []).map(member => member.value)));
      progress('target groups', members.size, members.size + wanted.length);
    }
  };
  await Promise.all(Array.from({ length: 4 }, readSome));
  return { users, groups, members };
}

/** Waits as long as the target asks for, and longer with every try. @throws `error` when waiting is no use. */
async function waitOut(error: unknown, tries: number): Promise<void> {
  const failure = classifyFailure(error, { operation: 'list' });
  if (!(failure instanceof RetryLater) || tries >= READ_TRIES) throw error;
  const wait = Math.max(failure.afterMs ?? 0, Math.min(500 * 2 ** tries, LONGEST_WAIT_MS));
  if (wait > LONGEST_WAIT_MS) throw error;
  await sleep(wait);
}

function flat(kind: Kind, resource: ScimUser | ScimGroup): ActualResource {
  return { ...existing(kind, resource), scimId: resource.id, attributes: kind.read(resource) };
}

export interface KnownPicture {
  readonly links: readonly KnownLink[];
  /** `kind:id` of principals that we wrote to after, or a moment before, the target was read. */
  readonly recent: ReadonlySet<string>;
}

/**
 * Our links and membership records of a target.
 * @param readFrom when reading the target began (ms): a large one is read for many minutes, and what we wrote
 * meanwhile is not in the picture
 */
export async function readKnown(state: State, target: string, readFrom: number): Promise<KnownPicture> {
  const links: KnownLink[] = [];
  const recent = new Set<string>();
  const edge = readFrom - RECENT_WRITE_MS;
  for await (const { value: link } of state.links.list(target)) {
    const { principal, status, scimId, name, written, intent, lastWriteAt } = link;
    let members: Record<string, string> | undefined;
    let touchedAt = Math.max(lastWriteAt ?? 0, intent?.at ?? 0);
    if (principal.kind === 'group' && scimId !== undefined) {
      const { value: record } = await state.records.read(target, scimId);
      members = { ...record.intent?.add, ...record.members };
      touchedAt = Math.max(touchedAt, record.lastWriteAt ?? 0, record.intent?.at ?? 0);
    }
    if (touchedAt > edge) recent.add(`${principal.kind}:${principal.id}`);
    links.push({ principal, status, scimId, name, written, unsettled: intent !== undefined, members });
  }
  return { links, recent };
}
