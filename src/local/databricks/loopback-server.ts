import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './answer.ts';
import { readBody } from './incoming.ts';
import { Refusal } from './refusal.ts';

/** A request that has come in as far as its headers. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
  /** The body; undefined when the client went away in the middle of it. */
  read(): Promise<string | Refusal | undefined>;
}

/** Undefined leaves the request without an answer. */
export type Handler = (exchange: Exchange) => Promise<Answer | 'reset' | undefined>;

/** One host on 127.0.0.1. */
export class LoopbackServer {
  readonly #server: Server;
  readonly #handler: Handler;
  readonly #closing = new AbortController();

  constructor(handler: Handler) {
    this.#handler = handler;
    this.#server = createServer((request, response) => void this.#receive(request, response));
  }

  /** Scheme, host and port. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param port 0 is any free one. */
  listen(port = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve());
    });
  }

  close(): Promise<void> {
    this.#closing.abort(new Error('the local Databricks is closing'));
    return new Promise(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#handler({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        signal: this.#closing.signal,
        read: () =>
          readBody(request).catch((error: unknown) => (error instanceof Refusal ? error : undefined)),
      });
      if (answer === undefined) return;
      if (answer === 'reset') request.socket.resetAndDestroy();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      // Closing: whoever still waits is cut off.
      request.socket.destroy();
    }
  }
}
