// Secrets: what Graph sends back with its notifications, and Databricks tokens where the identity does not sign in.
// The template stores none of them: parameters of a deployment can be read by whoever reads the deployment.
param name string
param location string
param tags object

@minValue(7)
@maxValue(90)
param softDeleteDays int

param privateNetwork bool
param allowedAddresses array

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteDays
    enablePurgeProtection: true
    enabledForTemplateDeployment: false
    publicNetworkAccess: privateNetwork && empty(allowedAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Without a private network nothing but Entra tokens opens it: Flex Consumption has no fixed addresses to list.
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: [for address in allowedAddresses: { value: address }]
    }
  }
}

output name string = vault.name
