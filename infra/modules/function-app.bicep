// The Function App on Flex Consumption, with everything that it is told.
param name string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param serviceBusName string
param vaultName string
param insightsName string

@description('Of the virtual network; empty: none.')
param subnetId string

@description('Instances kept ready for HTTP, and as many for apply-change.')
param alwaysReadyInstances int

param instanceMemoryMB int
param zoneRedundant bool
param notifications bool
param telemetryMode string
param entraTenantId string
param entraApplicationObjectId string
param databricksAccountId string
param protectedObjectIds string
param readHiddenMembership bool
param settingsFromVault object
param additionalSettings object

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // The Azure Developer CLI finds the app of the service by it.
  tags: union(tags, { 'azd-service-name': 'provisioning' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // There is no other identity than this one to read the vault with.
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      // Graph calls from addresses that it publishes and changes without notice. Without notifications nobody calls;
      // the deployment endpoint, which takes Entra tokens only, stays open.
      ipSecurityRestrictionsDefaultAction: notifications ? 'Allow' : 'Deny'
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
    }
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}deployments'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        // The fewest that every version of the service takes. One instance owns a target, so more would only wait.
        maximumInstanceCount: 40
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              { name: 'http', instanceCount: alwaysReadyInstances }
              { name: 'function:apply-change', instanceCount: alwaysReadyInstances }
            ]
      }
    }
  }
}

// Whoever deploys shows an Entra token; the passwords of the publishing profile open nothing.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

var secretsUrl = 'https://${vaultName}${environment().suffixes.keyvaultDns}/secrets'

var connections = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identityClientId
  ServiceBusConnection__fullyQualifiedNamespace: split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Which identity the Azure SDKs of the worker sign in with: there may be several, and none is the default.
  AZURE_CLIENT_ID: identityClientId
}

// What is empty counts as absent, and the configuration file says it.
var provisioning = {
  ENTRA_TENANT_ID: entraTenantId
  ENTRA_APPLICATION_OBJECT_ID: entraApplicationObjectId
  DATABRICKS_ACCOUNT_ID: databricksAccountId
  PROTECTED_OBJECT_IDS: protectedObjectIds
  READ_HIDDEN_MEMBERSHIP: readHiddenMembership ? 'true' : ''
}

var webhook = {
  NOTIFICATION_URL: 'https://${site.properties.defaultHostName}/api/graph-notifications'
  NOTIFICATION_CLIENT_STATE: '@Microsoft.KeyVault(SecretUri=${secretsUrl}/notification-client-state)'
}

var openTelemetry = {
  AzureFunctionsJobHost__telemetryMode: 'OpenTelemetry'
}

var references = toObject(
  items(settingsFromVault),
  entry => entry.key,
  entry => '@Microsoft.KeyVault(SecretUri=${secretsUrl}/${entry.value})'
)

// Beside the site and not in it, since the address of the webhook is known once there is one.
resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: union(
    connections,
    provisioning,
    notifications ? webhook : {},
    telemetryMode == 'OpenTelemetry' ? openTelemetry : {},
    references,
    additionalSettings
  )
}

output name string = site.name
output hostName string = site.properties.defaultHostName
