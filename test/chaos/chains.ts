import { principalKey } from '../../src/identity/principal.ts';
import type { Broker } from '../../src/local/service-bus/broker.ts';
import { type Delivery, deliveryProperties, messageBody } from '../../src/messaging/message.ts';

/** One message of the queue, and what became of it. */
interface Sent extends Delivery {
  /** `correlation id|kind:id`. */
  readonly about: string;
  end: 'completed' | 'dead-lettered' | undefined;
}

/** How chains ended, and how often. */
export type Ends = Readonly<Record<string, number>>;

/**
 * What the queue accepted, followed to its end. A message and its copies, for retries and for other instances, are a
 * chain; one that becomes a row goes on under the correlation id of the row. Every chain has one end: a look, a dead
 * letter, or the row of another chain that has one.
 */
export class Chains {
  readonly #sent = new Map<string, Sent>();
  /** Dropped as a duplicate of the message with this id, as each of them names its chain. */
  dropped = 0;

  watch(broker: Pick<Broker, 'journal'>): void {
    broker.journal = (event, _queue, content) => {
      const id = String(content.message_id);
      if (event === 'accepted') this.#accept(id, content);
      if (event === 'dropped') this.dropped += 1;
      const known = this.#sent.get(id);
      if (known === undefined) return;
      if (event === 'completed' || event === 'dead-lettered') known.end = event;
    };
  }

  #accept(id: string, content: { readonly [field: string]: unknown }): void {
    const { obligation } = messageBody.parse(JSON.parse(textOf(content.body)));
    if (obligation.type === 'pump') return;
    const delivery = deliveryProperties.parse(content.application_properties);
    const about = `${obligation.correlationId}|${principalKey(obligation.principal)}`;
    this.#sent.set(id, { ...delivery, about, end: undefined });
  }

  /**
   * @param logs of all workers, from the beginning
   * @returns what has no end, or more than one, in words, and how all others ended
   */
  check(logs: readonly string[]): { problems: string[]; ends: Ends } {
    const said = new Said(logs);
    const problems: string[] = [];
    const ends: Record<string, number> = { 'folded into a message': this.dropped };
    for (const [chain, messages] of Map.groupBy(this.#sent.values(), sent => sent.chain)) {
      // Only the last of a chain has an end of its own: every other one was succeeded by a copy.
      const last = messages.reduce((one, other) => (follows(one, other) ? other : one));
      const end = this.#endOf(last, said);
      if (end === undefined)
        problems.push(`chain ${chain} of ${last.about} has no end after attempt ${last.attempt}`);
      else ends[end] = (ends[end] ?? 0) + 1;
      // Whoever was killed between the copy and the completion leaves two messages; a second look finds nothing to do.
      const unsettled = messages.filter(message => message !== last && message.end === undefined);
      if (unsettled.length > 0)
        problems.push(`chain ${chain} has messages that are not settled beside its end`);
    }
    for (const about of said.rows) {
      if (this.#ofRow(about, said) === undefined) problems.push(`the row of ${about} has no end`);
    }
    return { problems, ends };
  }

  #endOf({ about, end }: Sent, said: Said): string | undefined {
    if (end === 'dead-lettered') return 'dead-lettered';
    if (end === undefined) return undefined;
    const result = said.looked.get(about) ?? (said.failed.has(about) ? 'dead-lettered before' : undefined);
    if (result !== undefined) return result;
    const into = said.deferred.get(about);
    return into === undefined ? undefined : this.#ofRow(into, said) && 'folded into a row';
  }

  /** A row ends as a look, or as a message of its own, which is another chain of the same correlation id. */
  #ofRow(about: string, said: Said): string | undefined {
    return (
      said.looked.get(about) ?? (said.failed.has(about) || said.messages.has(about) ? 'went on' : undefined)
    );
  }
}

/** What the workers logged, by `correlation id|kind:id`. */
class Said {
  /** The result of the looks: what was applied, or the last one. */
  readonly looked = new Map<string, string>();
  readonly failed = new Set<string>();
  /** The row that it became part of. */
  readonly deferred = new Map<string, string>();
  /** Rows that became messages. */
  readonly messages = new Set<string>();

  constructor(logs: readonly string[]) {
    for (const line of logs) {
      const event = /^(?:warning: |error: )?(looked|failed|deferred|row-becomes-message) /.exec(line)?.[1];
      if (event === undefined) continue;
      const principal = fieldOf(line, 'principal');
      const about = `${fieldOf(line, 'correlationId')}|${principal}`;
      // The looks that follow find nothing left to do.
      if (event === 'looked' && this.looked.get(about) !== 'applied')
        this.looked.set(about, fieldOf(line, 'result'));
      if (event === 'failed') this.failed.add(about);
      else if (event === 'deferred') this.deferred.set(about, `${fieldOf(line, 'into')}|${principal}`);
      else if (event === 'row-becomes-message') this.messages.add(about);
    }
  }

  get rows(): Iterable<string> {
    return new Set(this.deferred.values());
  }
}

function fieldOf(line: string, name: string): string {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
}

/** A copy, for another instance or for the next try. */
function follows(one: Delivery, other: Delivery): boolean {
  return other.attempt > one.attempt || (other.attempt === one.attempt && other.hops > one.hops);
}

/** The body as the client library sends it: one section of bytes, or a value. */
function textOf(body: unknown): string {
  const content: unknown = Object(body).content ?? body;
  const parts = Array.isArray(content) ? content : [content];
  return Buffer.concat(parts.map(part => Buffer.from(part as Uint8Array))).toString();
}
