import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { provisioning } from '../src/composed.ts';
import { NotANotification } from '../src/directory/errors.ts';
import { type NotificationItem, parseNotifications } from '../src/directory/notifications.ts';
import { describeError } from '../src/identity/logger.ts';

/** Graph batches notifications; its own bodies stay far below this. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_TOKEN_LENGTH = 2_048;
/** Graph drops notifications of endpoints that take three seconds: rather refuse, so that it sends them again. */
const DEADLINE_MS = 2_000;
/**
 * Requests of one instance whose notifications are being put on the queue. How many instances there are is the
 * platform's to bound, and who calls is nobody's: beyond this a caller is sent away at once, and Graph calls again.
 */
const MOST_IN_HAND = 100;
let inHand = 0;

app.http('graph-notifications', {
  methods: ['POST'],
  // Graph's handshake is unauthenticated; what counts is the secret in each item.
  authLevel: 'anonymous',
  handler: async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const token = request.query.get('validationToken');
    if (token !== null) return handshake(token);
    const { notifications } = provisioning;
    // Without a notification URL nothing was subscribed to: whoever calls is not Graph.
    if (notifications === undefined) return { status: 202 };
    const body = await readBody(request);
    if (body === undefined) return { status: 413 };
    let items: NotificationItem[];
    try {
      items = parseNotifications(JSON.parse(body)).items;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof NotANotification) return { status: 400 };
      throw error;
    }
    if (inHand >= MOST_IN_HAND) return busy();
    inHand += 1;
    try {
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      const { reauthorize, check } = await notifications.receive(items, deadline);
      const { subscriptions } = provisioning;
      const followUps = reauthorize.map(id => subscriptions.reauthorize(id));
      if (check) followUps.push(subscriptions.requestCheck());
      await within(deadline, Promise.all(followUps));
      return { status: 202 };
    } catch (error) {
      context.warn(`notifications not accepted: ${describeError(error)}`);
      return busy();
    } finally {
      inHand -= 1;
    }
  },
});

function busy(): HttpResponseInit {
  return { status: 503, headers: { 'Retry-After': '5' } };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Answers Graph's validation of the endpoint with the decoded token. Characters that could mean something to a
 * browser are escaped: anybody can call this with a token of his own.
 */
function handshake(token: string): HttpResponseInit {
  if (token.length > MAX_TOKEN_LENGTH) return { status: 400 };
  const escaped = token.replace(/[&<>"']/g, char => ENTITIES[char] ?? '');
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
    body: escaped,
  };
}

/** @throws the signal's reason when `work` has not ended by then. It goes on, and nobody waits for it. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  return Promise.race([work, late]);
}

/** Undefined when the body is too large. */
async function readBody(request: HttpRequest): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return undefined;
  const bytes = await request.arrayBuffer();
  return bytes.byteLength > MAX_BODY_BYTES ? undefined : new TextDecoder().decode(bytes);
}
