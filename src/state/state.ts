import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { boundedRequests, hostsOf } from '../identity/bounded-requests.ts';
import { Backlog } from './backlog.ts';
import { GracePeriods } from './grace-periods.ts';
import { Holds } from './holds.ts';
import { Leases } from './leases.ts';
import { LinkStore } from './links.ts';
import { MemberIndex } from './member-index.ts';
import { MembershipRecords } from './memberships.ts';
import { ProvisioningLog } from './provisioning-log.ts';
import { RemovalLedger } from './removal-ledger.ts';
import { hasCode, statusOf } from './row-store.ts';
import { Assignments, Cursors, Nesting, RemovalEvidence } from './source-state.ts';
import { SourceStatus } from './source-status.ts';
import { LARGEST_STORED_BYTES, STORAGE_TIMEOUT_MS, withinStorageTime } from './storage-bounds.ts';
import { SubscriptionStates } from './subscription-states.ts';
import { TargetRows } from './target-rows.ts';
import { TargetStates } from './target-state.ts';

/** Everything that the pipeline remembers, in the storage account that the Function App has anyway. */
export interface State {
  readonly links: LinkStore;
  readonly records: MembershipRecords;
  readonly memberIndex: MemberIndex;
  readonly backlog: Backlog;
  readonly leases: Leases;
  readonly cursors: Cursors;
  readonly assignments: Assignments;
  readonly nesting: Nesting;
  readonly removals: RemovalEvidence;
  readonly source: SourceStatus;
  readonly subscriptions: SubscriptionStates;
  readonly targets: TargetStates;
  readonly targetRows: TargetRows;
  readonly holds: Holds;
  readonly removalLedger: RemovalLedger;
  readonly graces: GracePeriods;
  readonly log: ProvisioningLog;
  /** Creates missing tables and the container. Safe to run from several instances at once. */
  ensure(): Promise<void>;
}

/** How to reach the storage account: with a connection string, or with an identity and the service addresses. */
export type StorageAccess =
  | { readonly connectionString: string }
  | { readonly tableUri: string; readonly blobUri: string; readonly credential: TokenCredential };

/** Created at the start. Their names are in the infrastructure's templates, too. */
export const tables = [
  'ProvisioningLinks',
  'ProvisioningMembers',
  'ProvisioningBacklog',
  'ProvisioningLeases',
  'ProvisioningCursors',
  'ProvisioningAssignments',
  'ProvisioningNesting',
  'ProvisioningTargets',
  'ProvisioningHolds',
  'ProvisioningSubscriptions',
  'ProvisioningLog',
] as const;
type TableName = (typeof tables)[number];

export const CONTAINER = 'provisioning-memberships';

export function openState(access: StorageAccess): State {
  const { table, container, create } = clients(access);
  const log = new ProvisioningLog(table('ProvisioningLog'));
  return {
    links: new LinkStore(table('ProvisioningLinks')),
    records: new MembershipRecords(container),
    memberIndex: new MemberIndex(table('ProvisioningMembers')),
    backlog: new Backlog(table('ProvisioningBacklog')),
    leases: new Leases(table('ProvisioningLeases')),
    cursors: new Cursors(table('ProvisioningCursors')),
    assignments: new Assignments(table('ProvisioningAssignments')),
    nesting: new Nesting(table('ProvisioningNesting')),
    removals: new RemovalEvidence(table('ProvisioningCursors')),
    source: new SourceStatus(table('ProvisioningCursors')),
    subscriptions: new SubscriptionStates(table('ProvisioningSubscriptions')),
    targets: new TargetStates(table('ProvisioningTargets')),
    targetRows: new TargetRows(table, container),
    holds: new Holds(table('ProvisioningHolds'), log),
    removalLedger: new RemovalLedger(table('ProvisioningTargets')),
    graces: new GracePeriods(table('ProvisioningTargets')),
    log,
    ensure: async () => {
      await Promise.all([
        ...tables.map(create),
        withinStorageTime(abortSignal => container.createIfNotExists({ abortSignal })),
      ]);
    },
  };
}

function clients(access: StorageAccess): {
  table(name: TableName): TableClient;
  container: ContainerClient;
  create(name: TableName): Promise<void>;
} {
  const hosts = new Set<string>();
  const httpClient = boundedRequests(createDefaultHttpClient(), {
    allows: hostsOf(hosts),
    timeoutMs: STORAGE_TIMEOUT_MS,
    maxResponseBytes: LARGEST_STORED_BYTES,
  });
  const { tables: service, blobs, table } = open(access, httpClient);
  hosts.add(new URL(service.url).host);
  return {
    table,
    container: blobs.getContainerClient(CONTAINER),
    create: name => createTable(service, name),
  };
}

function open(
  access: StorageAccess,
  httpClient: HttpClient,
): { tables: TableServiceClient; blobs: BlobServiceClient; table(name: TableName): TableClient } {
  if ('connectionString' in access) {
    const { connectionString } = access;
    // Plain http is what the storage emulator speaks; real accounts are https by their connection string.
    const options = {
      httpClient,
      allowInsecureConnection: /DefaultEndpointsProtocol=http;|UseDevelopmentStorage=true/i.test(
        connectionString,
      ),
    };
    return {
      tables: TableServiceClient.fromConnectionString(connectionString, options),
      blobs: BlobServiceClient.fromConnectionString(connectionString),
      table: name => TableClient.fromConnectionString(connectionString, name, options),
    };
  }
  const { tableUri, blobUri, credential } = access;
  return {
    tables: new TableServiceClient(tableUri, credential, { httpClient }),
    blobs: new BlobServiceClient(blobUri, credential),
    table: name => new TableClient(tableUri, name, credential, { httpClient }),
  };
}

async function createTable(service: TableServiceClient, name: string): Promise<void> {
  try {
    await service.createTable(name);
  } catch (error) {
    // A deleted table keeps its name for the better part of a minute: taken for there, it would never be made.
    if (statusOf(error) !== 409 || hasCode(error, 'TableBeingDeleted')) throw error;
  }
}
