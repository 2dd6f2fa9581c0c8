import { z } from 'zod';
import { type Principal, principal } from '../identity/principal.ts';
import { NotANotification } from './errors.ts';

/** One change or lifecycle notification, reduced to what says which object to look at again. */
export interface NotificationItem {
  readonly subscriptionId: string;
  /** To be compared in constant time by the caller: nothing here is authenticated. */
  readonly clientState?: string;
  readonly tenantId?: string;
  readonly lifecycleEvent?: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed' | (string & {});
  readonly changeType?: string;
  /** Absent for lifecycle events and for resources that are neither users nor groups. */
  readonly principal?: Principal;
}

/** A field that is not a string, or longer than any real one, is as good as absent. */
const text = z.string().max(2048).nullish().catch(undefined);

const item = z.object({
  subscriptionId: z.string().min(1).max(256),
  clientState: text,
  tenantId: text,
  lifecycleEvent: text,
  changeType: text,
  resource: text,
  resourceData: z.object({ '@odata.type': text, '@odata.id': text, id: text }).nullish().catch(undefined),
});
type Item = z.infer<typeof item>;

const webhook = z.object({ value: z.array(item) });
const cloudEvent = z.object({ specversion: z.string(), data: item });
const body = z.union([
  webhook.transform(b => b.value),
  cloudEvent.transform(b => [b.data]),
  z
    .array(cloudEvent)
    .min(1)
    .transform(events => events.map(e => e.data)),
]);

/**
 * Most items of one body. Graph sends changes of seconds together, by documentation of no fixed number; this many would
 * take two subscriptions a storm. Guess, adversarial: a body of the largest size would hold forty times as many.
 */
const MOST_ITEMS = 2_000;

/**
 * Reads the JSON body of a POST to the notification endpoint: the webhook envelope `{value: [...]}` with any number
 * of change and lifecycle items, or the CloudEvents envelope in which Event Grid wraps one item.
 * Nothing in it is trusted: an item counts only after its `clientState` was compared.
 *
 * Source: "Receive change notifications through webhooks" and "Microsoft Entra events" (Event Grid).
 *
 * @throws NotANotification when the body is anything else.
 */
export function parseNotifications(input: unknown): { items: NotificationItem[] } {
  // Before each of them is looked at.
  if (countOf(input) > MOST_ITEMS) throw new NotANotification(`the body holds more than ${MOST_ITEMS} items`);
  const parsed = body.safeParse(input);
  if (!parsed.success)
    throw new NotANotification('the body is neither a notification envelope nor a CloudEvent');
  return { items: parsed.data.map(reduce) };
}

function countOf(input: unknown): number {
  const list = typeof input === 'object' && input !== null && 'value' in input ? input.value : input;
  return Array.isArray(list) ? list.length : 0;
}

function reduce(raw: Item): NotificationItem {
  const about = raw.lifecycleEvent ? undefined : principalOf(raw);
  return {
    subscriptionId: raw.subscriptionId,
    ...(raw.clientState != null && { clientState: raw.clientState }),
    ...(raw.tenantId != null && { tenantId: raw.tenantId }),
    ...(raw.lifecycleEvent != null && { lifecycleEvent: raw.lifecycleEvent }),
    ...(raw.changeType != null && { changeType: raw.changeType }),
    ...(about && { principal: about }),
  };
}

/** `Users/{id}`, `/groups/{id}`, `groups('{id}')`, and a relation of one of them. Graph's spelling varies. */
const RESOURCE = /^\/?(users|groups)(?:\/([^/]+)|\('([^/']+)'\))(\/(?:members|owners))?$/i;

const KINDS: Readonly<Record<string, Principal['kind']>> = {
  users: 'user',
  groups: 'group',
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
};

/** `resource` names the object; where it does not, the type and id of `resourceData` do. They must not contradict. */
function principalOf(raw: Item): Principal | undefined {
  const { '@odata.type': type, id: dataId } = raw.resourceData ?? {};
  const typed = type ? KINDS[type.toLowerCase()] : undefined;
  const [, set, plainId, quotedId, relation] = RESOURCE.exec(raw.resource ?? '') ?? [];
  const named = set ? KINDS[set.toLowerCase()] : undefined;
  // The data of a relation is the other end of it, so only the resource counts.
  if (named && type && !relation && typed !== named) return undefined;
  const checked = principal.safeParse({ kind: named ?? typed, id: named ? (plainId ?? quotedId) : dataId });
  return checked.success ? checked.data : undefined;
}
