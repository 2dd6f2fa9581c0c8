import type { GraphFaults } from './faults.ts';
import type { Poster } from './post.ts';
import type { StoredSubscription } from './subscriptions.ts';
import type { StoreChange } from './types.ts';

/** Source: "Receive change notifications through webhooks": 2xx within 3 s, else retried for up to 4 h. */
const ANSWER_MS = 3_000;
const GIVE_UP_MS = 4 * 3_600_000;
/** Guess: the docs say only that the waits grow. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10 * 60_000;
const TICK_MS = 15;
/** Guess: pending items of one endpoint share a POST, and several POSTs are under way at once, so that none is in order. */
const ITEMS_PER_POST = 20;
const POSTS_PER_ENDPOINT = 4;

interface Pending {
  readonly url: string;
  readonly item: object;
  readonly since: number;
  dueAt: number;
  attempts: number;
  busy: boolean;
}

/** Delivers notifications, at least once, in no promised order. */
export class Notifier {
  readonly #tenantId: string;
  readonly #poster: Poster;
  readonly #faults: () => GraphFaults;
  #pending: Pending[] = [];
  #held: Pending[] = [];
  #posting = 0;
  /** POSTs under way, by endpoint. */
  readonly #open = new Map<string, number>();
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: boolean = false;

  constructor(tenantId: string, poster: Poster, faults: () => GraphFaults) {
    this.#tenantId = tenantId;
    this.#poster = poster;
    this.#faults = faults;
  }

  /** Posts under way, and notifications that wait for their first attempt. Held ones and retries do not count. */
  get inFlight(): number {
    return this.#posting + this.#pending.filter(p => !p.busy && p.attempts === 0).length;
  }

  change(change: StoreChange, subscriptions: readonly StoredSubscription[]): void {
    for (const s of subscriptions) {
      this.#enqueue(s.notificationUrl, {
        changeType: change.changeType,
        clientState: s.clientState,
        resource: resourceOf(change),
        resourceData: this.#resourceData(change),
        subscriptionExpirationDateTime: s.expirationDateTime,
        subscriptionId: s.id,
        tenantId: this.#tenantId,
      });
    }
  }

  /** A lifecycle notification, to the lifecycle URL only: without one, nothing is said. */
  lifecycle(event: string, s: StoredSubscription): void {
    if (!s.lifecycleNotificationUrl) return;
    this.#enqueue(s.lifecycleNotificationUrl, {
      lifecycleEvent: event,
      subscriptionId: s.id,
      subscriptionExpirationDateTime: s.expirationDateTime,
      clientState: s.clientState,
      tenantId: this.#tenantId,
    });
  }

  releaseHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const p of held) this.#add(p);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pending = [];
  }

  #enqueue(url: string, item: object): void {
    const { notifications: faults, felt } = this.#faults();
    if (this.#closed) return;
    if (faults.drop) felt.dropped++;
    if (faults.drop) return;
    felt.duplicated += faults.duplicate ?? 0;
    for (let copies = 1 + (faults.duplicate ?? 0); copies > 0; copies--) {
      const pending = { url, item, since: Date.now(), dueAt: Date.now(), attempts: 0, busy: false };
      if (faults.hold) felt.held++;
      if (faults.hold) this.#held.push(pending);
      else this.#add(pending);
    }
  }

  #add(p: Pending): void {
    const { notifications, felt } = this.#faults();
    if (notifications.reorder && this.#pending.length > 0) felt.reordered++;
    if (notifications.reorder) this.#pending.unshift(p);
    else this.#pending.push(p);
    this.#schedule(0);
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
      if (this.#pending.length > 0) this.#schedule(TICK_MS);
    }, ms);
  }

  #pump(): void {
    const ready = this.#pending.filter(p => !p.busy && p.dueAt <= Date.now());
    for (const [url, due] of Map.groupBy(ready, p => p.url)) {
      for (let room = POSTS_PER_ENDPOINT - this.#openPosts(url); room > 0 && due.length > 0; room--) {
        void this.#send(url, due.splice(0, ITEMS_PER_POST));
      }
    }
  }

  #openPosts(url: string): number {
    return this.#open.get(url) ?? 0;
  }

  async #send(url: string, items: Pending[]): Promise<void> {
    for (const p of items) p.busy = true;
    this.#posting++;
    this.#open.set(url, this.#openPosts(url) + 1);
    const answer = await this.#poster.post(
      url,
      JSON.stringify({ value: items.map(p => p.item) }),
      'application/json; charset=utf-8',
      ANSWER_MS,
    );
    this.#posting--;
    this.#open.set(url, this.#openPosts(url) - 1);
    const delivered = answer.status >= 200 && answer.status < 300;
    for (const p of items) {
      p.busy = false;
      p.attempts++;
      p.dueAt = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** (p.attempts - 1), LONGEST_RETRY_MS);
    }
    const done = new Set(items.filter(p => delivered || p.dueAt - p.since > GIVE_UP_MS));
    this.#pending = this.#pending.filter(p => !done.has(p));
    if (this.#pending.length > 0) this.#schedule(0);
  }

  /** Shape: the Microsoft Entra events of Event Grid, whose `data` is one webhook item. */
  #resourceData(change: StoreChange): object {
    const type = change.kind === 'user' ? 'User' : 'Group';
    return {
      '@odata.type': `#Microsoft.Graph.${type}`,
      '@odata.id': resourceOf(change),
      id: change.id,
      organizationId: this.#tenantId,
      eventTime: new Date(Date.now()).toISOString(),
      sequenceNumber: ++this.#sequence,
      // Seen in the wild, undocumented, and with a string where delta has an object: a hint at most.
      ...(change.member && {
        'members@delta': [{ id: change.member.id, ...(change.member.removed && { '@removed': 'deleted' }) }],
      }),
    };
  }
}

function resourceOf(change: StoreChange): string {
  return `${change.kind === 'user' ? 'Users' : 'Groups'}/${change.id}`;
}
