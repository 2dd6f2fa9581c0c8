// A namespace of its own, because the app's identity has to own all of it, and the one queue.
param name string
param location string
param tags object

@description('Private endpoints and address rules exist in the Premium tier only.')
param privateNetwork bool

param allowedAddresses array

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: privateNetwork
    ? { name: 'Premium', tier: 'Premium', capacity: 1 }
    : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetwork && empty(allowedAddresses) ? 'Disabled' : 'Enabled'
  }
}

resource rules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2024-01-01' = if (privateNetwork) {
  parent: namespace
  name: 'default'
  properties: {
    defaultAction: 'Deny'
    publicNetworkAccess: empty(allowedAddresses) ? 'Disabled' : 'Enabled'
    trustedServiceAccessEnabled: false
    ipRules: [for address in allowedAddresses: { ipMask: address, action: 'Allow' }]
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: 'identity-changes'
  properties: {
    // One owner per target gives the order that is needed. Cannot be changed later, as the next two.
    requiresSession: false
    // Equal obligations fold into one.
    requiresDuplicateDetection: true
    // Duplicate detection has to see the whole queue.
    enablePartitioning: false
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    // Messages of a killed worker come back after it.
    lockDuration: 'PT1M'
    // Each kill costs one.
    maxDeliveryCount: 20
    // Longer than all tries of a message together. What expires is not lost either.
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
    maxSizeInMegabytes: 5120
  }
}

output name string = namespace.name
output queueName string = queue.name
output hostName string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
