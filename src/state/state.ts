import { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { Backlog } from './backlog.ts';
import { GracePeriods } from './grace-periods.ts';
import { Holds } from './holds.ts';
import { Leases } from './leases.ts';
import { LinkStore } from './links.ts';
import { MemberIndex } from './member-index.ts';
import { MembershipRecords } from './memberships.ts';
import { ProvisioningLog } from './provisioning-log.ts';
import { RemovalLedger } from './removal-ledger.ts';
import { statusOf } from './row-store.ts';
import { Assignments, Cursors, Nesting, RemovalEvidence } from './source-state.ts';
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
  readonly targets: TargetStates;
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

const tables = [
  'ProvisioningLinks',
  'ProvisioningMembers',
  'ProvisioningBacklog',
  'ProvisioningLeases',
  'ProvisioningCursors',
  'ProvisioningAssignments',
  'ProvisioningNesting',
  'ProvisioningTargets',
  'ProvisioningHolds',
  'ProvisioningLog',
] as const;
type TableName = (typeof tables)[number];

const CONTAINER = 'provisioning-memberships';

export function openState(access: StorageAccess): State {
  const { table, container, create } = clients(access);
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
    targets: new TargetStates(table('ProvisioningTargets')),
    holds: new Holds(table('ProvisioningHolds')),
    removalLedger: new RemovalLedger(table('ProvisioningTargets')),
    graces: new GracePeriods(table('ProvisioningTargets')),
    log: new ProvisioningLog(table('ProvisioningLog')),
    ensure: async () => {
      await Promise.all([...tables.map(create), container.createIfNotExists()]);
    },
  };
}

function clients(access: StorageAccess): {
  table(name: TableName): TableClient;
  container: ContainerClient;
  create(name: TableName): Promise<void>;
} {
  if ('connectionString' in access) {
    const { connectionString } = access;
    // Plain http is what the storage emulator speaks; real accounts are https by their connection string.
    const options = {
      allowInsecureConnection: /DefaultEndpointsProtocol=http;|UseDevelopmentStorage=true/i.test(
        connectionString,
      ),
    };
    const service = TableServiceClient.fromConnectionString(connectionString, options);
    return {
      table: name => TableClient.fromConnectionString(connectionString, name, options),
      container: BlobServiceClient.fromConnectionString(connectionString).getContainerClient(CONTAINER),
      create: name => createTable(service, name),
    };
  }
  const service = new TableServiceClient(access.tableUri, access.credential);
  return {
    table: name => new TableClient(access.tableUri, name, access.credential),
    container: new BlobServiceClient(access.blobUri, access.credential).getContainerClient(CONTAINER),
    create: name => createTable(service, name),
  };
}

async function createTable(service: TableServiceClient, name: string): Promise<void> {
  try {
    await service.createTable(name);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}
