// Who may do what. Everything that is granted in Azure is granted here; Graph and Databricks: docs/deployment.md.
param identityPrincipalId string
param storageName string
param serviceBusName string
param queueName string
param vaultName string
param insightsName string
param deployerObjectId string
param deployerType string
param operatorsGroupId string
param approversGroupId string
param smokeTestPrincipalId string

var roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource backlogTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = {
  parent: tableService
  name: 'ProvisioningBacklog'
}

resource holdsTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = {
  parent: tableService
  name: 'ProvisioningHolds'
}

resource logTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = {
  parent: tableService
  name: 'ProvisioningLog'
}

resource targetsTable 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = {
  parent: tableService
  name: 'ProvisioningTargets'
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = {
  parent: namespace
  name: queueName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The host keeps its leases and keys in containers that it names itself: narrower than the account is not possible.
resource appBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, identityPrincipalId, roleIds.storageBlobDataOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataOwner)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, identityPrincipalId, roleIds.storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Owner, and of the namespace: the scale controller reads the length of the queue with this identity, which takes the
// right to manage, and asks the namespace for it. That is why the namespace is nobody else's.
resource appMessages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: namespace
  name: guid(namespace.id, identityPrincipalId, roleIds.serviceBusDataOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.serviceBusDataOwner)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Reads secrets and cannot write any. Of the whole vault, which holds nothing that is not the app's.
resource appSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, identityPrincipalId, roleIds.keyVaultSecretsUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultSecretsUser)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, identityPrincipalId, roleIds.monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.monitoringMetricsPublisher)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource deployerSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerObjectId)) {
  scope: vault
  name: guid(vault.id, deployerObjectId, roleIds.keyVaultSecretsOfficer)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultSecretsOfficer)
    principalId: deployerObjectId
    principalType: deployerType
  }
}

// Operators ask for cycles, audits and replays, and see everything; what is held they cannot approve, and membership
// records are never written by people.
resource operatorReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  scope: account
  name: guid(account.id, operatorsGroupId, roleIds.storageTableDataReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataReader)
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

resource operatorTargets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  scope: targetsTable
  name: guid(targetsTable.id, operatorsGroupId, roleIds.storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

resource operatorLog 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  scope: logTable
  name: guid(logTable.id, operatorsGroupId, roleIds.storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

resource operatorBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  scope: account
  name: guid(account.id, operatorsGroupId, roleIds.storageBlobDataReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataReader)
    principalId: operatorsGroupId
    principalType: 'Group'
  }
}

// Approvers decide about what is held, which asks for a look by a row and a message.
resource approverReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(approversGroupId)) {
  scope: account
  name: guid(account.id, approversGroupId, roleIds.storageTableDataReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataReader)
    principalId: approversGroupId
    principalType: 'Group'
  }
}

resource approverHolds 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(approversGroupId)) {
  scope: holdsTable
  name: guid(holdsTable.id, approversGroupId, roleIds.storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: approversGroupId
    principalType: 'Group'
  }
}

resource approverBacklog 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(approversGroupId)) {
  scope: backlogTable
  name: guid(backlogTable.id, approversGroupId, roleIds.storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
    principalId: approversGroupId
    principalType: 'Group'
  }
}

resource approverMessages 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(approversGroupId)) {
  scope: queue
  name: guid(queue.id, approversGroupId, roleIds.serviceBusDataSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.serviceBusDataSender)
    principalId: approversGroupId
    principalType: 'Group'
  }
}

// Sending and receiving, on the queue alone: for the command line, which replays dead letters, and the smoke test.
var queueUsers = concat(
  empty(operatorsGroupId) ? [] : [{ id: operatorsGroupId, type: 'Group' }],
  empty(smokeTestPrincipalId) ? [] : [{ id: smokeTestPrincipalId, type: 'ServicePrincipal' }]
)

resource queueSenders 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for user in queueUsers: {
    scope: queue
    name: guid(queue.id, user.id, roleIds.serviceBusDataSender)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.serviceBusDataSender)
      principalId: user.id
      principalType: user.type
    }
  }
]

resource queueReceivers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for user in queueUsers: {
    scope: queue
    name: guid(queue.id, user.id, roleIds.serviceBusDataReceiver)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.serviceBusDataReceiver)
      principalId: user.id
      principalType: user.type
    }
  }
]
