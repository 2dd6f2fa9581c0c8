import type { Client, ServiceError } from '@grpc/grpc-js';
import { describeError, type Logger } from '../identity/logger.ts';
import { settlementProto } from './settlement-proto.ts';

/** Milliseconds after which a settlement call counts as failed. The message's lock outlives it. */
const DEADLINE_MS = 10_000;
/** Service Bus refuses more than 4,096 characters in either; a reason is a short, stable name. */
const REASON_LENGTH = 1024;
const DESCRIPTION_LENGTH = 4096;

/** Settles messages that the Functions host holds for us, before the invocation ends. */
export interface SettlementClient {
  /**
   * Moves the message of that lock to the dead-letter queue. The host then neither completes nor abandons it, so the
   * handler returns normally afterwards.
   *
   * `reason` and `description` are cut to what the queue takes.
   *
   * @throws the gRPC error when the host did not confirm it, also when it may have happened. Throw it on: the host
   * then abandons the message, and the queue's delivery count takes over.
   */
  deadLetter(lockToken: string, reason: string, description: string): Promise<void>;
  /** Closes the connection. Calls that are still open fail. */
  close(): void;
}

interface DeadletterRequest {
  locktoken: string;
  deadletterReason: { value: string };
  deadletterErrorDescription: { value: string };
}

interface SettlementStub extends Client {
  Deadletter(
    request: DeadletterRequest,
    options: { deadline: Date },
    done: (error: ServiceError | null) => void,
  ): unknown;
}

/**
 * A client for the host that started this worker, found by the worker's own `--functions-uri` argument.
 * `undefined` where there is none, or it is no URL: then only throwing is left.
 *
 * gRPC is loaded with the first call: a worker that never dead-letters does not pay for it at start.
 */
export function createSettlementClient(argv: readonly string[] = process.argv): SettlementClient | undefined {
  const uri = functionsUri(argv);
  if (uri === undefined) return undefined;

  let closed = false;
  let stub: Promise<SettlementStub> | undefined;
  return {
    async deadLetter(lockToken, reason, description) {
      if (closed) throw new Error('the settlement client is closed');
      stub ??= connect(uri);
      const client = await stub;
      const request: DeadletterRequest = {
        locktoken: lockToken,
        deadletterReason: { value: cut(reason, REASON_LENGTH) },
        deadletterErrorDescription: { value: cut(description, DESCRIPTION_LENGTH) },
      };
      await new Promise<void>((resolve, reject) => {
        client.Deadletter(request, { deadline: new Date(Date.now() + DEADLINE_MS) }, error => {
          if (error) reject(error);
          else resolve();
        });
      });
    },
    close() {
      closed = true;
      void stub?.then(
        client => client.close(),
        () => undefined,
      );
    },
  };
}

/**
 * Dead-letters through the host, and says so when that is not to be had: the message then ends in the dead-letter queue
 * by its delivery count, with a reason that tells nobody anything. The log line has the right one.
 *
 * @param settlement undefined where the host named no settlement service
 * @throws whenever the host did not confirm it, so that the host abandons the message
 */
export async function deadLetterOrThrow(
  settlement: SettlementClient | undefined,
  lockToken: string,
  { reason, description }: { readonly reason: string; readonly description: string },
  log: Pick<Logger, 'error'>,
): Promise<void> {
  try {
    if (settlement === undefined) throw new Error('the host named no settlement service');
    await settlement.deadLetter(lockToken, reason, description);
  } catch (error) {
    log.error('settlement-unavailable', { reason, error: describeError(error) });
    throw error;
  }
}

function functionsUri(argv: readonly string[]): URL | undefined {
  const flag = '--functions-uri';
  const position = argv.findIndex(arg => arg === flag || arg.startsWith(`${flag}=`));
  const arg = argv[position];
  if (arg === undefined) return undefined;
  const value = arg === flag ? argv[position + 1] : arg.slice(flag.length + 1);
  if (value === undefined || !URL.canParse(value)) return undefined;
  const uri = new URL(value);
  return uri.protocol === 'http:' || uri.protocol === 'https:' ? uri : undefined;
}

async function connect(uri: URL): Promise<SettlementStub> {
  const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
  const loaded = grpc.loadPackageDefinition(loader.fromJSON(settlementProto));
  const Stub = loaded.Settlement as unknown as new (
    ...args: ConstructorParameters<typeof Client>
  ) => SettlementStub;
  const secure = uri.protocol === 'https:';
  const credentials = secure ? grpc.credentials.createSsl() : grpc.credentials.createInsecure();
  const target = `${uri.hostname}:${uri.port || (secure ? '443' : '80')}`;
  // The host is on this machine: a proxy from the environment must not get between.
  return new Stub(target, credentials, { 'grpc.enable_http_proxy': 0 });
}

/** At most `length` UTF-16 units, without half a surrogate pair at the end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = text.slice(0, length);
  return head.isWellFormed() ? head : head.slice(0, -1);
}
