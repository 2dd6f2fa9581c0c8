import { randomUUID } from 'node:crypto';
import { type GraphAnswer, type GraphCall, NO_CONTENT, objectBody, ok } from './call.ts';
import { GraphFailure, notFound } from './errors.ts';
import type { GraphFaults } from './faults.ts';
import { handshake } from './handshake.ts';
import type { Poster } from './post.ts';
import { type Route, route } from './router.ts';
import type { StoreChange } from './types.ts';

/** Longest life of a subscription to users or groups. Source: "subscription resource type", maximum length. */
const LONGEST_MINUTES = 41_760;

export interface StoredSubscription {
  readonly id: string;
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  readonly clientState: string | null;
  expirationDateTime: string;
  /** Why nobody is told of anything although it is listed: Graph lost it, or waits for it to be re-authorized. */
  mute?: 'lost' | 'unauthorized';
}

/** How Graph loses a subscription without a word: it is no longer listed, or it is, and nothing comes of it. */
export type SubscriptionLoss = 'removed' | 'silent';

const RESOURCE = /^\/?(users|groups)(?:\/([^/]+)(\/members|\/owners)?)?$/i;

/** Change-notification subscriptions of the one application that uses this directory. */
export class Subscriptions {
  readonly #poster: Poster;
  readonly #faults: () => GraphFaults;
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
      authorize(subscription);
      return ok(show(subscription));
    }),
    route('DELETE', '/subscriptions/:', (_call, id) => {
      this.#get(id);
      this.#all.delete(id);
      return NO_CONTENT;
    }),
    route('POST', '/subscriptions/:/reauthorize', (_call, id) => {
      authorize(this.#get(id));
      return NO_CONTENT;
    }),
  ];

  constructor(poster: Poster, faults: () => GraphFaults) {
    this.#poster = poster;
    this.#faults = faults;
  }

  lose(how: SubscriptionLoss): void {
    if (how === 'removed') this.#all.clear();
    else for (const s of this.#all.values()) s.mute = 'lost';
  }

  /**
   * What a lifecycle event says has happened. Guess: a subscription that waits to be re-authorized tells nothing any
   * more (the docs: before its expiry "or" when the app lost its authorization).
   */
  happens(event: string): void {
    if (event === 'subscriptionRemoved') this.#all.clear();
    if (event === 'reauthorizationRequired') for (const s of this.#all.values()) s.mute ??= 'unauthorized';
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
      if (s.mute !== undefined) return false;
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
    await handshake(this.#poster, wanted.notificationUrl, this.#faults());
    if (wanted.lifecycleNotificationUrl)
      await handshake(this.#poster, wanted.lifecycleNotificationUrl, this.#faults());
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

function authorize(s: StoredSubscription): void {
  if (s.mute === 'unauthorized') delete s.mute;
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
