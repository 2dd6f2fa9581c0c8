// The virtual network of an app whose storage, Service Bus and key vault are private. Graph and Databricks stay on the
// public internet: the app reaches them from one fixed address, which an access list of the Databricks account may name.
param token string
param location string
param tags object

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: 'pip-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

resource gateway 'Microsoft.Network/natGateways@2025-05-01' = {
  name: 'ng-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.60.0.0/24'] }
    subnets: [
      {
        // Flex Consumption takes this delegation and no other, and no underscore in the name.
        name: 'functions'
        properties: {
          addressPrefix: '10.60.0.0/26'
          natGateway: { id: gateway.id }
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.60.0.64/27', privateEndpointNetworkPolicies: 'Disabled' }
      }
    ]
  }

  resource functions 'subnets' existing = {
    name: 'functions'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

output name string = network.name
output functionsSubnetId string = network::functions.id
output endpointsSubnetId string = network::endpoints.id
