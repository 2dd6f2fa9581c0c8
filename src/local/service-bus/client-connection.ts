import type { Message, Receiver, Sender } from 'rhea';
import { asBrokerError, type BrokerError, entityNotFound, unauthorized } from './broker-error.ts';
import { Claims, checkToken, pathOfAudience, type SharedAccessKey } from './claims.ts';
import { Consumer } from './consumer.ts';
import type { Entity } from './entity.ts';
import type { Gate } from './gate.ts';
import { manage } from './management.ts';
import { attachProducer } from './producer.ts';
import { closeWithError, echoAttach, settle } from './rhea-link.ts';

const CLAIMS_NODE = '$cbs';
const MANAGEMENT_SUFFIX = /\/\$management$/i;

export interface Namespace {
  /** The entity of a path; names are compared without case. */
  find(path: string): Entity | undefined;
  readonly accessKey: SharedAccessKey;
  readonly gate: Gate;
}

interface Reply {
  properties: Record<string, unknown>;
  body?: Record<string, unknown>;
}

/** What one connection of a client is allowed to do, and where it wants its answers. */
export class ClientConnection {
  readonly #namespace: Namespace;
  readonly #claims = new Claims();
  readonly #replyLinks = new Map<string, Sender>();

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** The client has attached a link to receive from. */
  attachSender(link: Sender): void {
    this.#orRefuse(link, () => {
      const address = link.source?.address ?? '';
      if (address === CLAIMS_NODE || MANAGEMENT_SUFFIX.test(address)) {
        if (address !== CLAIMS_NODE) this.#authorized(address.replace(MANAGEMENT_SUFFIX, ''), address);
        echoAttach(link);
        // Requests name the target of the reply link, or the link itself where it has no target.
        const replyTo = link.target?.address ?? link.name;
        this.#replyLinks.set(replyTo, link);
        link.on('sender_close', () => this.#replyLinks.delete(replyTo));
      } else {
        Consumer.attach(link, this.#authorized(address), this.#namespace.gate);
      }
    });
  }

  /** The client has attached a link to send to. */
  attachReceiver(link: Receiver): void {
    this.#orRefuse(link, () => {
      const address = link.target?.address ?? '';
      if (address === CLAIMS_NODE) {
        this.#serve(link, request => this.#putToken(request));
      } else if (MANAGEMENT_SUFFIX.test(address)) {
        const entity = this.#authorized(address.replace(MANAGEMENT_SUFFIX, ''), address);
        this.#serve(link, request => this.#manage(entity, request));
      } else {
        attachProducer(link, this.#authorized(address), this.#namespace.gate);
      }
    });
  }

  #orRefuse(link: Sender | Receiver, attach: () => void): void {
    try {
      attach();
    } catch (error) {
      closeWithError(link, asBrokerError(error));
    }
  }

  #authorized(path: string, address = path): Entity {
    const entity = this.#namespace.find(path);
    if (!entity) throw entityNotFound(path);
    this.#claims.check(address);
    return entity;
  }

  /** Serves a request node: every request is settled at once and answered on the reply link that it names. */
  #serve(link: Receiver, handle: (request: Message) => Reply | Promise<Reply>): void {
    echoAttach(link);
    link.on('message', async ({ message, delivery }) => {
      if (!message || !delivery) return;
      settle(delivery);
      const reply = await handle(message);
      const replyLink = this.#replyLinks.get(message.reply_to);
      if (!replyLink?.is_open()) return;
      const { properties, body } = reply;
      const answer = { correlation_id: message.message_id, application_properties: properties, body };
      replyLink.send(answer as unknown as Message);
    });
  }

  #putToken({ body, application_properties: asked }: Message): Reply {
    try {
      if (asked?.type !== 'servicebus.windows.net:sastoken')
        throw unauthorized('Only shared access signatures are accepted.');
      const path = pathOfAudience(checkToken(body, this.#namespace.accessKey));
      if (path !== '' && !this.#namespace.find(path.replace(MANAGEMENT_SUFFIX, '')))
        throw entityNotFound(path);
      this.#claims.add(path);
      return { properties: { 'status-code': 200, 'status-description': 'OK' } };
    } catch (error) {
      const { statusCode, message, condition } = asBrokerError(error);
      return {
        properties: {
          'status-code': statusCode,
          'status-description': message,
          'error-condition': condition,
        },
      };
    }
  }

  async #manage(entity: Entity, { body, application_properties: asked }: Message): Promise<Reply> {
    try {
      const reply = await manage(entity, String(asked?.operation), body ?? {}, this.#namespace.gate);
      return { properties: { statusCode: reply.statusCode, statusDescription: 'OK' }, body: reply.body };
    } catch (error) {
      const { statusCode, message, condition }: BrokerError = asBrokerError(error);
      return { properties: { statusCode, statusDescription: message, errorCondition: condition } };
    }
  }
}
