import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** A message that is being processed, as the settlement service sees it. Each call settles it at the broker. */
export interface HeldMessage {
  complete(): Promise<void>;
  abandon(): Promise<void>;
  defer(): Promise<void>;
  deadLetter(reason?: string, description?: string): Promise<void>;
  renewLock(): Promise<void>;
}

/** The running gRPC service. */
export interface SettlementService {
  /** Address that the worker finds in `--functions-uri`. */
  readonly uri: string;
  /** The messages of running invocations by lock token. */
  readonly held: Map<string, HeldMessage>;
  close(): Promise<void>;
}

interface Request {
  locktoken: string;
  propertiesToModify?: Uint8Array;
  deadletterReason?: { value: string } | null;
  deadletterErrorDescription?: { value: string } | null;
}

const EMPTY = 'google.protobuf.Empty';
const locktoken = { type: 'string', id: 1 };
const propertiesToModify = { type: 'bytes', id: 2 };

/** Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.ServiceBus, src/Grpc/Proto/settlement.proto. */
const PROTO = {
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: { Empty: { fields: {} }, StringValue: { fields: { value: { type: 'string', id: 1 } } } },
        },
      },
    },
    CompleteRequest: { fields: { locktoken } },
    AbandonRequest: { fields: { locktoken, propertiesToModify } },
    DeferRequest: { fields: { locktoken, propertiesToModify } },
    RenewMessageLockRequest: { fields: { locktoken } },
    DeadletterRequest: {
      fields: {
        locktoken,
        propertiesToModify,
        deadletterReason: { type: 'google.protobuf.StringValue', id: 3 },
        deadletterErrorDescription: { type: 'google.protobuf.StringValue', id: 4 },
      },
    },
    Settlement: {
      methods: {
        Complete: { requestType: 'CompleteRequest', responseType: EMPTY, comment: '' },
        Abandon: { requestType: 'AbandonRequest', responseType: EMPTY, comment: '' },
        Deadletter: { requestType: 'DeadletterRequest', responseType: EMPTY, comment: '' },
        Defer: { requestType: 'DeferRequest', responseType: EMPTY, comment: '' },
        RenewMessageLock: { requestType: 'RenewMessageLockRequest', responseType: EMPTY, comment: '' },
      },
    },
  },
};

/** Longest reason or description, in characters. Source: ServiceBusReceiver of the .NET SDK. */
const TEXT_LIMIT = 4096;

/** Starts the host's `Settlement` service on a free loopback port. */
export async function startSettlementService(): Promise<SettlementService> {
  const held = new Map<string, HeldMessage>();
  const server = new Server();
  const definition = loadPackageDefinition(fromJSON(PROTO, { defaults: false }));
  const { service } = definition.Settlement as unknown as { service: ServiceDefinition };

  const handler =
    (settle: (message: HeldMessage, request: Request) => Promise<void>) =>
    (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>): void => {
      const message = held.get(call.request.locktoken);
      // Source: SettlementService.cs. The cache forgets a token when its invocation ends.
      if (message === undefined) {
        const details = `LockToken ${call.request.locktoken} not found.`;
        done({ code: status.FAILED_PRECONDITION, details });
        return;
      }
      settle(message, call.request).then(
        () => done(null, {}),
        (error: unknown) => done({ code: status.UNKNOWN, details: String(error) }),
      );
    };

  server.addService(service, {
    Complete: handler(message => message.complete()),
    Abandon: handler(async (message, request) => {
      refuseProperties(request);
      return message.abandon();
    }),
    Defer: handler(async (message, request) => {
      refuseProperties(request);
      return message.defer();
    }),
    Deadletter: handler(async (message, request) => {
      refuseProperties(request);
      const reason = limited('deadLetterReason', request.deadletterReason?.value);
      const description = limited('deadLetterErrorDescription', request.deadletterErrorDescription?.value);
      return message.deadLetter(reason, description);
    }),
    RenewMessageLock: handler(message => message.renewLock()),
  });

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    // With the slash: that is how the host writes it.
    uri: `http://127.0.0.1:${port}/`,
    held,
    async close() {
      server.forceShutdown();
    },
  };
}

/** Not imitated: the properties come as an AMQP map, and ours send none. */
function refuseProperties(request: Request): void {
  if (request.propertiesToModify?.length)
    throw new Error('propertiesToModify is not supported by the local host');
}

function limited(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && value.length > TEXT_LIMIT) {
    throw new RangeError(`The argument '${name}' cannot exceed ${TEXT_LIMIT} characters.`);
  }
  return value;
}
