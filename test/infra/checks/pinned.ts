import type { Infra } from '../model/infra.ts';
import { at, literalAt } from '../model/infra.ts';

/**
 * Versions of the resource types, none of them a preview. Source: the type index of the Bicep compiler
 * (Azure/bicep-types-az), in which each of these is.
 */
const API_VERSIONS: Readonly<Record<string, string>> = {
  'Microsoft.Authorization/roleAssignments': '2022-04-01',
  'Microsoft.Insights/actionGroups': '2023-01-01',
  'Microsoft.Insights/components': '2020-02-02',
  'Microsoft.Insights/metricAlerts': '2018-03-01',
  'Microsoft.Insights/scheduledQueryRules': '2023-12-01',
  'Microsoft.Insights/workbooks': '2023-06-01',
  'Microsoft.KeyVault/vaults': '2024-11-01',
  'Microsoft.ManagedIdentity/userAssignedIdentities': '2024-11-30',
  'Microsoft.Network/natGateways': '2025-05-01',
  'Microsoft.Network/privateDnsZones': '2024-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': '2024-06-01',
  'Microsoft.Network/privateEndpoints': '2025-05-01',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': '2025-05-01',
  'Microsoft.Network/publicIPAddresses': '2025-05-01',
  'Microsoft.Network/virtualNetworks': '2025-05-01',
  'Microsoft.OperationalInsights/workspaces': '2025-07-01',
  'Microsoft.Resources/resourceGroups': '2025-04-01',
  'Microsoft.ServiceBus/namespaces': '2024-01-01',
  'Microsoft.ServiceBus/namespaces/networkRuleSets': '2024-01-01',
  'Microsoft.ServiceBus/namespaces/queues': '2024-01-01',
  'Microsoft.Storage/storageAccounts': '2025-06-01',
  'Microsoft.Storage/storageAccounts/blobServices': '2025-06-01',
  'Microsoft.Storage/storageAccounts/blobServices/containers': '2025-06-01',
  'Microsoft.Storage/storageAccounts/tableServices': '2025-06-01',
  'Microsoft.Storage/storageAccounts/tableServices/tables': '2025-06-01',
  'Microsoft.Web/serverfarms': '2025-03-01',
  'Microsoft.Web/sites': '2025-03-01',
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': '2025-03-01',
  'Microsoft.Web/sites/config': '2025-03-01',
};

export function apiVersionProblems(infra: Infra): string[] {
  return [...infra.templates].flatMap(([path, { resources }]) =>
    resources
      .filter(({ type, apiVersion }) => type.includes('/') && API_VERSIONS[type] !== apiVersion)
      .map(({ symbol, type, apiVersion }) => `${path}: ${symbol} is ${type}@${apiVersion}`),
  );
}

/** Ids of built-in roles, the same in every tenant. Source: Microsoft Learn, "Azure built-in roles". */
const ROLES: Readonly<Record<string, string>> = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6',
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419',
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39',
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0',
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6',
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
};

/** Everything that is granted: who, what, where. What is not in this list is not granted. */
const GRANTS = [
  'approversGroupId: serviceBusDataSender at queue',
  'approversGroupId: storageTableDataContributor at backlogTable',
  'approversGroupId: storageTableDataContributor at holdsTable',
  'approversGroupId: storageTableDataReader at account',
  'deployerObjectId: keyVaultSecretsOfficer at vault',
  'identityPrincipalId: keyVaultSecretsUser at vault',
  'identityPrincipalId: monitoringMetricsPublisher at insights',
  'identityPrincipalId: serviceBusDataOwner at namespace',
  'identityPrincipalId: storageBlobDataOwner at account',
  'identityPrincipalId: storageTableDataContributor at account',
  'operatorsGroupId: storageBlobDataReader at account',
  'operatorsGroupId: storageTableDataContributor at logTable',
  'operatorsGroupId: storageTableDataContributor at targetsTable',
  'operatorsGroupId: storageTableDataReader at account',
  'user.id: serviceBusDataReceiver at queue',
  'user.id: serviceBusDataSender at queue',
];

export function roleProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const declared = infra.template('roles').variables.get('roleIds');
  const ids = declared?.kind === 'object' ? declared.properties : new Map<string, never>();
  for (const name of new Set([...ids.keys(), ...Object.keys(ROLES)]))
    if (literalAt(declared, name) !== ROLES[name]) problems.push(`${name} is not the role of that name`);
  const granted: string[] = [];
  for (const { path, resource } of infra.created('Microsoft.Authorization/roleAssignments')) {
    const role = at(resource.body, 'properties.roleDefinitionId');
    const last = role?.kind === 'call' ? role.args.at(-1) : undefined;
    const name = last?.kind === 'text' ? last.text.replace(/^roleIds\./, '') : 'a role of its own';
    const who = textOf(at(resource.body, 'properties.principalId'));
    const where = textOf(at(resource.body, 'scope'));
    granted.push(`${who}: ${name} at ${where}`);
    const guid = at(resource.body, 'name');
    const parts = guid?.kind === 'call' ? guid.args.map(textOf).join() : '';
    if (parts !== `${where}.id,${who},roleIds.${name}`)
      problems.push(`${path}: the name of ${resource.symbol} is not made from scope, principal and role`);
    if (at(resource.body, 'properties.principalType') === undefined)
      problems.push(`${path}: ${resource.symbol} does not say of what type its principal is`);
  }
  for (const grant of granted) if (!GRANTS.includes(grant)) problems.push(`granted: ${grant}`);
  for (const grant of GRANTS) if (!granted.includes(grant)) problems.push(`not granted: ${grant}`);
  return problems;
}

function textOf(value: ReturnType<typeof at>): string {
  if (value?.kind === 'name') return value.name;
  return value?.kind === 'text' ? value.text : '';
}
