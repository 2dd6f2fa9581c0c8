import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedItem {
  changeType?: string;
  lifecycleEvent?: string;
  clientState: string | null;
  resource: string;
  resourceData: { id: string; '@odata.type': string };
  subscriptionId: string;
  tenantId: string;
}

/** A notification endpoint. */
export interface Subscriber extends AsyncDisposable {
  readonly url: string;
  readonly items: ReceivedItem[];
  /** Number of POSTs with notifications, refused ones included. */
  posts: number;
  /** Status of the answer to notifications. */
  status: number;
  /** What is answered to the validation handshake. */
  answer: (token: string) => { status: number; type: string; body: string };
}

export async function startSubscriber(): Promise<Subscriber> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const token = url.searchParams.get('validationToken');
    if (token !== null) {
      const answer = subscriber.answer(token);
      response.writeHead(answer.status, { 'Content-Type': answer.type }).end(answer.body);
      return;
    }
    subscriber.posts++;
    if (subscriber.status < 300)
      subscriber.items.push(...(JSON.parse(body) as { value: ReceivedItem[] }).value);
    response.writeHead(subscriber.status).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const subscriber: Subscriber = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify?code=k`,
    items: [],
    posts: 0,
    status: 202,
    answer: token => ({ status: 200, type: 'text/plain', body: token }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return subscriber;
}
