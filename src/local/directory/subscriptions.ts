import { randomUUID } from 'node:crypto';
import { type GraphAnswer, type GraphCall, NO_CONTENT, objectBody, ok } from './call.ts';
import { GraphFailure, notFound } from './errors.ts';
import type { Poster } from './post.ts';
import { type Route, route } from './router.ts';
import type { StoreChange } from './types.ts';

/** Longest life of a subscription to users or groups. Source: "subscription resource type", maximum length. */
const LONGEST_MINUTES = 41_760;
const HANDSHAKE_MS = 10_000;

export interface StoredSubscription {
  readonly id: string;
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  readonly clientState: string | null;
  expirationDateTime: string;
}

const RESOURCE = /^\/?(users|groups)(?:\/([^/]+)(\/members|\/owners)?)?$/i;

/** Change-notification subscriptions of the one application that uses this directory. */
export class Subscriptions {
  readonly #poster: Poster;
  readonly #all = new Map<string, StoredSubscription>();
  readonly routes: readonly Route[] = [
    route('GET', '/subscriptions', call =>
      ok({ '@odata.context': context(call), value: this.live().map(s => show(s)) }),
    ),
    route('POST', '/subscriptions', call => this.#create(call)),
    route('GET', '/subscriptions/:', (_call, id) => ok(show(this.#get(id)))),
    route('PATCH', '/subscriptions/:', (call, id) => {
      const subscription = this.#get(id);
      subscription.expirationDateTime = expiration(objectBody(call).expirationDateTime);
      return ok(show(subscription));
    }),
    route('DELETE', '/subscriptions/:', (_call, id) => {
      this.#get(id);
      this.#all.delete(id);
      return NO_CONTENT;
    }),
    route('POST', '/subscriptions/:/reauthorize', (_call, id) => {
      this.#get(id);
      return NO_CONTENT;
    }),
  ];

  constructor(poster: Poster) {
    this.#poster = poster;
  }

  /** Those that are not expired; expired ones are forgotten without a word. */
  live(): StoredSubscription[] {
    for (const s of this.#all.values()) {
      if (Date.parse(s.expirationDateTime) <= Date.now()) this.#all.delete(s.id);
    }
    return [...this.#all.values()];
  }

  /** Those that are told of a change. */
  matching(change: StoreChange): StoredSubscription[] {
    return this.live().filter(s => {
      const [, set, id, relation] = RESOURCE.exec(s.resource) ?? [];
      if (`${change.kind}s` !== set?.toLowerCase()) return false;
      if (id !== undefined && id !== change.id) return false;
      if (relation !== undefined && !(relation.toLowerCase() === '/members' && change.member)) return false;
      return s.changeType.toLowerCase().split(',').includes(change.changeType);
    });
  }

  async #create(call: GraphCall): Promise<GraphAnswer> {
    const wanted = this.#read(call);
    const same = (s: StoredSubscription): boolean =>
      normal(s.resource) === normal(wanted.resource) && changes(s.changeType) === changes(wanted.changeType);
    const refuseDuplicate = (): void => {
      const other = this.live().find(same);
      if (other)
        throw new GraphFailure(
          409,
          'Conflict',
          `Subscription Id <${other.id}> already exists for the requested combination`,
        );
    };
    refuseDuplicate();
    await handshake(this.#poster, wanted.notificationUrl);
    if (wanted.lifecycleNotificationUrl) await handshake(this.#poster, wanted.lifecycleNotificationUrl);
    refuseDuplicate();
    this.#all.set(wanted.id, wanted);
    return {
      status: 201,
      body: {
        '@odata.context': `${context(call)}/$entity`,
        ...show(wanted),
        clientState: wanted.clientState,
      },
    };
  }

  #read(call: GraphCall): StoredSubscription {
    const {
      changeType,
      notificationUrl,
      lifecycleNotificationUrl,
      resource,
      clientState,
      expirationDateTime,
    } = objectBody(call);
    if (typeof resource !== 'string' || !RESOURCE.test(resource))
      throw invalid(`Unsupported resource '${resource}'.`);
    if (
      typeof changeType !== 'string' ||
      !changes(changeType)
        .split(',')
        .every(c => /^(created|updated|deleted)$/.test(c))
    ) {
      throw invalid('ChangeType is not valid.');
    }
    if (typeof notificationUrl !== 'string' || !URL.canParse(notificationUrl))
      throw invalid('NotificationUrl is not valid.');
    if (lifecycleNotificationUrl != null && !URL.canParse(String(lifecycleNotificationUrl))) {
      throw invalid('LifecycleNotificationUrl is not valid.');
    }
    if (clientState != null && (typeof clientState !== 'string' || clientState.length > 128)) {
      throw invalid('ClientState must be at most 128 characters.');
    }
    return {
      id: randomUUID(),
      resource,
      changeType,
      notificationUrl,
      lifecycleNotificationUrl: lifecycleNotificationUrl == null ? null : String(lifecycleNotificationUrl),
      clientState: clientState ?? null,
      expirationDateTime: expiration(expirationDateTime),
    };
  }

  #get(id: string): StoredSubscription {
    const found = this.live().find(s => s.id === id);
    if (!found) throw notFound(id);
    return found;
  }
}

function expiration(value: unknown): string {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw invalid('ExpirationDateTime is not valid.');
  if (at <= Date.now()) throw invalid('Subscription expiration must be in the future.');
  if (at > Date.now() + LONGEST_MINUTES * 60_000) {
    throw invalid(`Subscription expiration can only be ${LONGEST_MINUTES} minutes in the future.`);
  }
  return new Date(at).toISOString();
}

/**
 * The validation handshake. The token needs decoding (form encoding, with `+` for a space) and holds characters
 * that mean something in HTML. The docs ask for the decoded token and for escaping in one breath, so both the plain
 * and the HTML-escaped token pass; anything else does not.
 */
async function handshake(poster: Poster, url: string): Promise<void> {
  const token = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()} <b>&+100%é</b>`;
  const query = new URLSearchParams({ validationToken: token }).toString();
  const target = `${url}${url.includes('?') ? '&' : '?'}${query}`;
  const answer = await poster.post(target, '', 'text/plain; charset=utf-8', HANDSHAKE_MS);
  const plain = answer.contentType.split(';')[0]?.trim().toLowerCase() === 'text/plain';
  if (answer.status !== 200 || !plain || (answer.body !== token && answer.body !== escapeHtml(token))) {
    throw new GraphFailure(
      400,
      'ValidationError',
      `Subscription validation request failed. HTTP status code is '${answer.status}'. Notification endpoint must respond with 200 OK to validation request.`,
    );
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Graph never shows a client state again. Source: "List subscriptions". */
function show(s: StoredSubscription): Record<string, unknown> {
  return {
    id: s.id,
    resource: s.resource,
    applicationId: '24d3b144-21ae-4080-943f-7067b395b913',
    changeType: s.changeType,
    clientState: null,
    notificationUrl: s.notificationUrl,
    notificationQueryOptions: null,
    lifecycleNotificationUrl: s.lifecycleNotificationUrl,
    expirationDateTime: s.expirationDateTime,
    creatorId: '8ee44408-0679-472c-bc2a-692812af3437',
    includeResourceData: null,
    latestSupportedTlsVersion: 'v1_2',
    encryptionCertificate: null,
    encryptionCertificateId: null,
    notificationContentType: 'application/json',
  };
}

function normal(resource: string): string {
  return resource.toLowerCase().replace(/^\/+|\/+$/g, '');
}

function changes(changeType: string): string {
  return changeType
    .toLowerCase()
    .split(',')
    .map(c => c.trim())
    .sort()
    .join(',');
}

function invalid(message: string): GraphFailure {
  return new GraphFailure(400, 'InvalidRequest', message);
}

function context(call: GraphCall): string {
  return `${call.origin}/${call.version}/$metadata#subscriptions`;
}
