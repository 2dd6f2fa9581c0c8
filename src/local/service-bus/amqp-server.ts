import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import rhea, { type Connection, type EventContext, type ServerConnectionOptions } from 'rhea';
import { MAX_MESSAGE_BYTES } from './brokered-message.ts';
import { ClientConnection, type Namespace } from './client-connection.ts';

/**
 * Deliveries that may be open on one AMQP session. rhea forgets them in order only, so one message that stays
 * locked holds on to all that were delivered after it; its default of 2,048 would then stop the session.
 */
const SESSION_BUFFER = { incoming: 2048, outgoing: 1 << 20 };

/** Messages that a sender may have under way (credit of a new link). */
const SENDER_CREDIT = 1000;

/** Milliseconds for which a port that was given up is tried again. */
const RELISTEN_MS = 2000;

/** The socket side of the broker: one AMQP listener on the loopback interface. */
export class AmqpServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param port 0 for any free one. @throws when the port is taken. */
  static async listen(port: number, namespace: Namespace): Promise<AmqpServer> {
    const container = rhea.create_container({ id: 'local-service-bus' });
    const clients = new WeakMap<Connection, ClientConnection>();
    const clientOf = (connection: Connection): ClientConnection => {
      const client = clients.get(connection) ?? new ClientConnection(namespace);
      clients.set(connection, client);
      return client;
    };
    container.on('sender_open', ({ connection, sender }: EventContext) => {
      if (sender) clientOf(connection).attachSender(sender);
    });
    container.on('receiver_open', ({ connection, receiver }: EventContext) => {
      if (receiver) clientOf(connection).attachReceiver(receiver);
    });
    // A client that goes away, in whatever manner, is none of the broker's business: its locks run on.
    for (const event of ['error', 'disconnected', 'protocol_error', 'connection_error', 'session_error'])
      container.on(event, () => {});
    const options = {
      host: '127.0.0.1',
      port,
      tcp_no_delay: true,
      session_buffer_size: SESSION_BUFFER,
      receiver_options: {
        autoaccept: false,
        credit_window: SENDER_CREDIT,
        max_message_size: MAX_MESSAGE_BYTES,
      },
      sender_options: { treat_modified_as_released: false },
    };
    const server = container.listen(options as ServerConnectionOptions);
    const amqp = new AmqpServer(server, port);
    await once(server, 'listening');
    amqp.#port = (server.address() as AddressInfo).port;
    return amqp;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens again on the same port, after {@link stop}. */
  async resume(): Promise<void> {
    const giveUpAt = performance.now() + RELISTEN_MS;
    while (!this.#server.listening) {
      try {
        this.#server.listen(this.#port, '127.0.0.1');
        await once(this.#server, 'listening');
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        // Not by the wall clock, which a test may have stopped.
        await setTimeout(20);
      }
    }
  }

  /** Breaks every connection off, as a network does, and refuses new ones. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    // With an error, so that rhea notices and clears its timers.
    for (const socket of this.#sockets) socket.destroy(new Error('The broker cannot be reached.'));
    await closed;
  }
}
