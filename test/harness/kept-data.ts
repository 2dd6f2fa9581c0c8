import { TableClient, TableServiceClient } from '@azure/data-tables';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import type { World } from './world.ts';

const QUEUE = 'identity-changes';

/** Something that is kept, as text, and where. */
export interface Kept {
  readonly where: string;
  readonly text: string;
}

/** Everything that the pipeline has stored and queued, read behind its back: all tables, all blobs, all messages. */
export async function keptData(world: World): Promise<Kept[]> {
  const connection = world.settings.AzureWebJobsStorage ?? '';
  return [...(await storedData(connection)), ...(await messages(world))];
}

/** All tables and all blobs of a storage account. */
export async function storedData(connection: string): Promise<Kept[]> {
  return [...(await rows(connection)), ...(await blobs(connection))];
}

async function rows(connection: string): Promise<Kept[]> {
  const kept: Kept[] = [];
  const options = { allowInsecureConnection: true };
  for await (const { name = '' } of TableServiceClient.fromConnectionString(
    connection,
    options,
  ).listTables()) {
    for await (const entity of TableClient.fromConnectionString(connection, name, options).listEntities())
      kept.push({ where: `table ${name}`, text: JSON.stringify(entity, plain) });
  }
  return kept;
}

/** Due times are 64-bit integers. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

async function blobs(connection: string): Promise<Kept[]> {
  const kept: Kept[] = [];
  const service = BlobServiceClient.fromConnectionString(connection);
  for await (const { name } of service.listContainers()) {
    const container = service.getContainerClient(name);
    for await (const blob of container.listBlobsFlat()) {
      const content = await container.getBlobClient(blob.name).downloadToBuffer();
      kept.push({ where: `blobs ${name}`, text: `${blob.name} ${content.toString()}` });
    }
  }
  return kept;
}

async function messages(world: World): Promise<Kept[]> {
  const client = new ServiceBusClient(world.cloud.broker.connectionString);
  const asText = ({ body, ...rest }: ServiceBusReceivedMessage): string => {
    const { messageId, correlationId, subject, applicationProperties, deadLetterReason } = rest;
    const { deadLetterErrorDescription } = rest;
    const properties = { messageId, correlationId, subject, applicationProperties };
    return JSON.stringify({ body, ...properties, deadLetterReason, deadLetterErrorDescription });
  };
  try {
    const waiting = await client.createReceiver(QUEUE).peekMessages(1_000);
    const dead = await client.createReceiver(QUEUE, { subQueueType: 'deadLetter' }).peekMessages(1_000);
    return [
      ...waiting.map(message => ({ where: 'queue', text: asText(message) })),
      ...dead.map(message => ({ where: 'dead letters', text: asText(message) })),
    ];
  } finally {
    await client.close();
  }
}
