// Where storage, Service Bus and the key vault are found inside the virtual network.
param token string
param location string
param tags object
param storageName string
param serviceBusName string
param vaultName string
param networkName string
param subnetId string

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName
}

var services = [
  { group: 'blob', target: account.id, zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { group: 'queue', target: account.id, zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { group: 'table', target: account.id, zone: 'privatelink.table.${environment().suffixes.storage}' }
  { group: 'namespace', target: namespace.id, zone: 'privatelink.servicebus.windows.net' }
  #disable-next-line no-hardcoded-env-urls
  { group: 'vault', target: vault.id, zone: 'privatelink.vaultcore.azure.net' }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: service.zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, i) in services: {
    parent: zones[i]
    name: networkName
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for service in services: {
    name: 'pe-${service.group}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: service.group
          properties: { privateLinkServiceId: service.target, groupIds: [service.group] }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (service, i) in services: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: service.group, properties: { privateDnsZoneId: zones[i].id } }]
    }
  }
]
