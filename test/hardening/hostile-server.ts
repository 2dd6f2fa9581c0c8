import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A server on loopback that means harm. */
export interface HostileServer extends AsyncDisposable {
  readonly origin: string;
  /** Connections so far, whatever came of them. */
  readonly connections: number;
  readonly requests: readonly IncomingMessage[];
}

export async function startHostileServer(attack: RequestListener): Promise<HostileServer> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    // Whoever is hung up on does not care.
    response.on('error', () => {});
    request.resume();
    attack(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** Writes `chunk` again and again, as fast as it is taken. */
function pour(response: ServerResponse, chunk: Buffer, times: number): void {
  let left = times;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) return;
    }
    if (left === 0) response.end();
  };
  response.on('drain', more);
  more();
}

const MIB = 1024 * 1024;
const DEPTH = 100_000;
/** 64 MiB of blanks in some 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * MIB, 32));

/** What a server could do to whoever asks it, by name. */
export const attacks: Readonly<Record<string, RequestListener>> = {
  'a body without an end': (_, response) => {
    response.writeHead(200, JSON_TYPE);
    pour(response, Buffer.alloc(MIB, 32), Number.POSITIVE_INFINITY);
  },
  'a gigabyte, compressed': (_, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
    pour(response, bomb, 16);
  },
  'a header without an end': (_, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'x-padding': 'a'.repeat(MIB) });
    response.end('{}');
  },
  'JSON that is nested very deeply': (_, response) => {
    response.writeHead(200, JSON_TYPE).end('['.repeat(DEPTH) + ']'.repeat(DEPTH));
  },
  'objects that are nested very deeply': (_, response) => {
    response.writeHead(200, JSON_TYPE).end(`${'{"id":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`);
  },
  'keys that mean something to JavaScript': (_, response) => {
    response
      .writeHead(200, JSON_TYPE)
      .end('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
  },
  'a body that is cut off': (_, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
    response.write('{"id":"1",');
    setImmediate(() => response.destroy());
  },
  'no HTTP at all': request => {
    request.socket.end('220 smtp.example.com ESMTP\r\n');
  },
};

/** A blob of a terabyte. */
export const endlessBlob: RequestListener = (_, response) => {
  response.writeHead(200, { ...JSON_TYPE, etag: '"1"', 'content-length': `${1024 ** 4}` });
  pour(response, Buffer.alloc(MIB, 32), Number.POSITIVE_INFINITY);
};

/** Writes the head, and then a byte now and then. */
export const trickle: RequestListener = (_, response) => {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(' '), 10);
  response.on('close', () => clearInterval(timer));
};

export function redirectTo(origin: string, status: number): RequestListener {
  return (request, response) =>
    void response.writeHead(status, { location: `${origin}${request.url}`, 'content-length': '0' }).end();
}
