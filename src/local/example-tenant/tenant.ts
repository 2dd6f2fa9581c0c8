import type { LocalDatabricks } from '../databricks/server.ts';
import type { DirectorySeed } from '../directory/types.ts';
import { type ExampleGroup, groupId, groups } from './groups.ts';
import { fixedId } from './ids.ts';
import { DOMAIN, type People, people } from './people.ts';

/** The directory that `npm start` shows its work on. The same in every run: ids, names, memberships. */
export interface ExampleTenant {
  readonly tenantId: string;
  readonly accountId: string;
  /** The enterprise application whose assignments are provisioned. */
  readonly applicationObjectId: string;
  readonly domain: string;
  readonly seed: DirectorySeed;
  /** Whom the tour of live changes is made with, by Entra object id. */
  readonly cast: Cast;
}

interface Cast {
  /** Assigned, with a disabled member who was never provisioned. */
  readonly hireInto: string;
  /** Assigned. */
  readonly join: string;
  /** Not assigned, three levels below `aboveNested`. */
  readonly joinNested: string;
  readonly aboveNested: string;
  readonly renamedUser: string;
  readonly renamedGroup: string;
  readonly joiner: string;
  readonly nestedJoiner: string;
  readonly disabled: string;
  readonly removed: { readonly user: string; readonly group: string };
  readonly deleted: string;
}

const APPLICATIONS = 12;

export function exampleTenant(): ExampleTenant {
  const applicationObjectId = fixedId('enterprise application');
  const everybody = people();
  const apps = Array.from({ length: APPLICATIONS }, (_, index) => ({
    id: fixedId(`application ${index}`),
    appId: fixedId(`application id ${index}`),
    displayName: `etl-job-${String(index + 1).padStart(2, '0')}`,
  }));
  const device = { id: fixedId('device'), displayName: 'LAB-PC-07' };
  const made = groups(
    everybody,
    [device.id],
    apps.slice(0, 5).map(({ id }) => id),
  );
  return {
    tenantId: fixedId('tenant'),
    accountId: fixedId('account'),
    applicationObjectId,
    domain: DOMAIN,
    seed: {
      verifiedDomains: [DOMAIN, 'contoso.onmicrosoft.com'],
      users: everybody.all,
      groups: made.map(({ isAssigned: _, ...group }) => group),
      servicePrincipals: [
        {
          id: applicationObjectId,
          appId: fixedId('enterprise application id'),
          displayName: 'Azure Databricks SCIM Provisioning',
        },
        ...apps,
      ],
      devices: [device],
      assignments: [
        ...made.filter(({ isAssigned }) => isAssigned).map(({ id }) => id),
        // Assigned by themselves; the last of them are in no group at all.
        ...everybody.employees.slice(-6).map(({ id }) => id),
        ...apps.slice(5, 7).map(({ id }) => id),
      ].map(principalId => ({ principalId, resourceId: applicationObjectId })),
    },
    cast: cast(everybody, made),
  };
}

/** Everybody plays one part only, so that no change of the tour hides another. */
function cast({ employees }: People, made: readonly ExampleGroup[]): Cast {
  const enabled = new Set(employees.filter(({ accountEnabled }) => accountEnabled).map(({ id }) => id));
  const used = new Set<string>();
  const someoneOf = (displayName: string): string => {
    const members = made.find(group => group.displayName === displayName)?.members ?? [];
    const found = members.find(id => enabled.has(id) && !used.has(id));
    if (found === undefined) throw new Error(`nobody is left in ${displayName}`);
    used.add(found);
    return found;
  };
  return {
    hireInto: groupId('Data & Analytics'),
    join: groupId('Lab machines'),
    joinNested: groupId('Engineering Core Night shift'),
    aboveNested: groupId('Engineering'),
    renamedUser: someoneOf('Sales Support'),
    renamedGroup: groupId('Operations'),
    joiner: someoneOf('Finance Core'),
    nestedJoiner: someoneOf('Sales Core'),
    disabled: someoneOf('Operations Support'),
    removed: { user: someoneOf('Automation'), group: groupId('Automation') },
    deleted: someoneOf('Research 🔬 Support'),
  };
}

/**
 * What the account held before: a group with a local member, a user of another company and an administrator. None of
 * it is in the tenant, and all of it stays as it is.
 */
export function addForeignContent(account: LocalDatabricks['store']): {
  readonly users: number;
  readonly groups: number;
} {
  const local = account.add({
    type: 'Users',
    userName: 'finops-local@partner.example',
    displayName: 'FinOps (local)',
  });
  account.add({ type: 'Users', userName: 'vendor@partner.example', displayName: 'Vendor' });
  account.add({
    type: 'Users',
    userName: 'break-glass@partner.example',
    displayName: 'Break glass',
    roles: ['account_admin'],
  });
  account.add({ type: 'Groups', displayName: 'finops-local', members: [local.id] });
  return { users: 3, groups: 1 };
}
