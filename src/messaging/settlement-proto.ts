/**
 * The part of the Functions host's `Settlement` gRPC service that we call, as a protobuf descriptor in JSON: an object
 * survives bundling, a `.proto` file beside the code does not.
 *
 * Source: Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.ServiceBus, src/Grpc/Proto/settlement.proto.
 */
export const settlementProto = {
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: {
            Empty: { fields: {} },
            StringValue: { fields: { value: { type: 'string', id: 1 } } },
          },
        },
      },
    },
    DeadletterRequest: {
      fields: {
        locktoken: { type: 'string', id: 1 },
        propertiesToModify: { type: 'bytes', id: 2 },
        deadletterReason: { type: 'google.protobuf.StringValue', id: 3 },
        deadletterErrorDescription: { type: 'google.protobuf.StringValue', id: 4 },
      },
    },
    Settlement: {
      methods: {
        Deadletter: {
          requestType: 'DeadletterRequest',
          responseType: 'google.protobuf.Empty',
          comment: 'Moves a message that is being processed to the dead-letter queue.',
        },
      },
    },
  },
};
