import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface PostAnswer {
  /** 0: no answer in time, or no connection. */
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const NOTHING: PostAnswer = { status: 0, contentType: '', body: '' };

/** Posts to subscribers over its own kept-alive connections. Redirects are not followed. */
export class Poster {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 32 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 32 });

  /** Never rejects. `timeoutMs` covers the whole exchange. */
  post(url: string, body: string, contentType: string, timeoutMs: number): Promise<PostAnswer> {
    const secure = url.startsWith('https:');
    const options = {
      method: 'POST',
      agent: secure ? this.#https : this.#http,
      headers: { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(timeoutMs),
    };
    return new Promise(resolve => {
      const outgoing = (secure ? httpsRequest : httpRequest)(url, options, incoming => {
        readAll(incoming).then(resolve, () => resolve(NOTHING));
      });
      outgoing.on('error', () => resolve(NOTHING));
      outgoing.end(body);
    });
  }

  /** Cuts what is under way and closes idle connections, so that nothing keeps the process alive. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

async function readAll(incoming: IncomingMessage): Promise<PostAnswer> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
  return { status: incoming.statusCode ?? 0, contentType: incoming.headers['content-type'] ?? '', body };
}
