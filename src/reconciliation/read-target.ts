import { classifyFailure } from '../databricks/failure.ts';
import { ACCOUNT_GROUP, federatedWorkspace } from '../databricks/federated-workspace.ts';
import { now, sleep } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { type LeaveRule, type Leaving, type LifecyclePolicy, mayStay } from '../planning/lifecycle.ts';
import type { ActualPicture, ActualResource, KnownLink } from '../planning/picture.ts';
import { existing, type Kind, kinds, type ScimResource } from '../provisioning/kinds.ts';
import { Limiter } from '../provisioning/limiter.ts';
import type { Target } from '../provisioning/target.ts';
import type { RequestOptions } from '../scim/types.ts';
import type { Link } from '../state/links.ts';
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
  kindsRead: readonly PrincipalKind[],
  progress: Progress = () => undefined,
): Promise<ActualPicture> {
  const limiter = new Limiter(target.readerRates);
  const request: RequestOptions = {
    pace: requestClass => limiter.take(requestClass, 'bulk'),
    again: waitOut,
  };
  const resources: Record<PrincipalKind, ActualResource[]> = { user: [], servicePrincipal: [], group: [] };
  for (const kind of kindsRead) {
    const { type } = kinds[kind];
    const projection = type === 'Groups' ? { excludedAttributes: ['members'] } : {};
    for await (const page of target.scim.list(type, { ...request, ...projection })) {
      const isAccounts = type === 'Groups' && target.level === 'workspace' ? showsAccountGroup(page) : false;
      if (isAccounts) throw federatedWorkspace();
      resources[kind].push(...page.map(resource => flat(kinds[kind], resource)));
      progress(`target ${type}`, resources[kind].length, undefined);
    }
  }
  const members = new Map<string, ReadonlySet<string>>();
  const wanted = resources.group.filter(wantsMembers);
  const readSome = async (): Promise<void> => {
    for (let group = wanted.shift(); group !== undefined; group = wanted.shift()) {
      const found = await target.scim.get('Groups', group.scimId, request);
      members.set(group.scimId, new Set((found?.members ?? []).map(member => member.value)));
      progress('target groups', members.size, members.size + wanted.length);
    }
  };
  await Promise.all(Array.from({ length: 4 }, readSome));
  return { resources, members };
}

/** Waits as long as the target asks for, and longer with every try. @throws `error` when waiting is no use. */
export async function waitOut(error: unknown, tries: number): Promise<void> {
  const failure = classifyFailure(error, { operation: 'list' });
  if (!(failure instanceof RetryLater) || tries >= READ_TRIES) throw error;
  const wait = Math.max(failure.afterMs ?? 0, Math.min(500 * 2 ** tries, LONGEST_WAIT_MS));
  if (wait > LONGEST_WAIT_MS) throw error;
  await sleep(wait);
}

function showsAccountGroup(page: readonly ScimResource[]): boolean {
  return page.some(({ meta }) => meta?.resourceType === ACCOUNT_GROUP);
}

function flat(kind: Kind, resource: ScimResource): ActualResource {
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
export async function readKnown(
  state: State,
  target: string,
  readFrom: number,
  lifecycle: LifecyclePolicy,
): Promise<KnownPicture> {
  const links: KnownLink[] = [];
  const recent = new Set<string>();
  const edge = readFrom - RECENT_WRITE_MS;
  for await (const { value: link } of state.links.list(target)) {
    const { principal, status, scimId, name, written, intent, lastWriteAt } = link;
    let members: Record<string, string> | undefined;
    const assigned = Object.values(link.workspaces ?? {});
    let touchedAt = Math.max(
      lastWriteAt ?? 0,
      intent?.at ?? 0,
      ...assigned.map(one => Math.max(one.writtenAt ?? 0, one.intent?.at ?? 0)),
    );
    if (principal.kind === 'group' && scimId !== undefined) {
      const { value: record } = await state.records.read(target, scimId);
      members = { ...record.intent?.add, ...record.members };
      touchedAt = Math.max(touchedAt, record.lastWriteAt ?? 0, record.intent?.at ?? 0);
    }
    if (touchedAt > edge) recent.add(`${principal.kind}:${principal.id}`);
    const unsettled = intent !== undefined;
    links.push({
      principal,
      status,
      scimId,
      name,
      written,
      unsettled,
      leaver: leaverOf(link, lifecycle),
      members,
      workspaces: link.workspaces,
    });
  }
  return { links, recent };
}

/** What the policy wants of somebody who was seen to have left, as of now. */
function leaverOf({ principal: { kind }, leaving }: Link, lifecycle: LifecyclePolicy): KnownLink['leaver'] {
  if (leaving === undefined) return undefined;
  const rules: Readonly<Partial<Record<Leaving['event'], LeaveRule<string>>>> =
    kind === 'group' ? lifecycle.groups : kind === 'user' ? lifecycle.users : lifecycle.servicePrincipals;
  const rule = rules[leaving.event];
  if (mayStay(rule, leaving, now())) return 'stays';
  return rule?.action === 'delete' && kind !== 'group' ? 'goes' : undefined;
}
