// One storage account for the host and for what the pipeline remembers. Nobody has a key to it.
param name string
param location string
param tags object

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string

@description('Days within which deleted blobs come back.')
param softDeleteDays int

param privateNetwork bool
param allowedAddresses array

// src/state creates what is missing at its start; here they are listed for whoever reads the template, and so that a
// restored account has them before the app runs. A test holds both lists against each other.
var tableNames = [
  'ProvisioningLinks'
  'ProvisioningMembers'
  'ProvisioningBacklog'
  'ProvisioningLeases'
  'ProvisioningCursors'
  'ProvisioningAssignments'
  'ProvisioningNesting'
  'ProvisioningTargets'
  'ProvisioningHolds'
  'ProvisioningSubscriptions'
  'ProvisioningLog'
]
var containerNames = ['deployments', 'provisioning-memberships']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork && empty(allowedAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Without a private network nothing but Entra tokens opens it: Flex Consumption has no fixed addresses to list.
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: [for address in allowedAddresses: { value: address, action: 'Allow' }]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for containerName in containerNames: {
    parent: blobs
    name: containerName
    properties: { publicAccess: 'None' }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for tableName in tableNames: {
    parent: tableService
    name: tableName
  }
]

output name string = account.name
