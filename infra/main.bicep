// Everything that runs in Azure, in a resource group of its own. What each part is for: infra/README.md.
targetScope = 'subscription'

@description('Names the deployment, and is part of the names of its resources. The Azure Developer CLI gives the name of its environment.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of every resource. It must offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Which of infra/environments applies: how much is kept ready, how long things are kept, what is redundant.')
@allowed(['dev', 'test', 'prod'])
param environmentType string = 'dev'

@description('on: nothing is kept ready. It saves about 42 US dollars a month (two instances of 2048 MB), and the first change after a pause takes up to two minutes, and Graph may drop notifications meanwhile: then the poll hears of them within a minute or two. off: one instance is kept ready for HTTP and one for apply-change.')
@allowed(['asEnvironment', 'on', 'off'])
param economy string = 'asEnvironment'

@description('Spreads the instances over availability zones. Two of each kind are then kept ready, which doubles that cost.')
param zoneRedundant bool = false

@description('Directory (tenant) id of the source. Empty: the configuration file says it.')
param entraTenantId string = tenant().tenantId

@description('Object id of the enterprise application whose assignments are provisioned. Empty: the configuration file says it.')
param entraApplicationObjectId string = ''

@description('Databricks account id. Empty: the configuration file names the targets.')
param databricksAccountId string = ''

@description('Entra object ids, separated by commas, that are never deactivated, such as break-glass accounts.')
param protectedObjectIds string = ''

@description('Whether the identity was given the Graph permission Member.Read.Hidden.')
param readHiddenMembership bool = false

@description('App settings whose values are secrets in the key vault: name of the setting to name of the secret. For Databricks tokens, where the identity does not sign in itself.')
param settingsFromVault object = {}

@description('Further app settings, name to value, such as REPLAYS_PER_SECOND. No secrets: whoever reads the deployment reads them.')
param additionalSettings object = {}

@description('false: nothing is subscribed to and the web endpoint is closed to everybody; the poll alone hears of changes, within a minute or two.')
param notifications bool = true

@description('true: storage, Service Bus (Premium, about 677 US dollars a month) and the key vault are reachable through the virtual network alone. The web endpoint stays public for as long as notifications is true.')
param privateNetwork bool = false

@description('Addresses (CIDR) that reach storage, Service Bus and the key vault from outside the private network: whoever stores secrets or works off holds. Without privateNetwork nothing is filtered by address.')
param allowedAddresses array = []

@description('OpenTelemetry: the host exports its telemetry through OpenTelemetry. Sampling is then not that of host.json, and the log stream of the portal stays empty.')
@allowed(['ApplicationInsights', 'OpenTelemetry'])
param telemetryMode string = 'ApplicationInsights'

@description('Who is told of alerts. Empty: nobody; they can be seen in the portal.')
param alertEmail string = ''

@description('Whoever deploys: may store secrets in the key vault. The Azure Developer CLI fills it in. Empty: nobody may yet.')
param deployerObjectId string = ''

@description('Of what kind the deployer is: a person, or the identity of a pipeline.')
@allowed(['User', 'ServicePrincipal'])
param deployerType string = 'User'

@description('Object id of the group of people who look after the app with the command line: status, cycles, dead letters. Empty: nobody may.')
param operatorsGroupId string = ''

@description('Object id of the group of people who approve or reject what is held. Empty: nobody may.')
param approversGroupId string = ''

@description('Object id of the identity that runs the smoke test: it may send to the queue and receive from it. Empty: nobody may.')
param smokeTestPrincipalId string = ''

var environments = {
  dev: loadJsonContent('environments/dev.json')
  test: loadJsonContent('environments/test.json')
  prod: loadJsonContent('environments/prod.json')
}
var sizes = environments[environmentType]
var isEconomy = economy == 'asEnvironment' ? sizes.economy : economy == 'on'
var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: 'id-provisioning-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    retentionDays: sizes.logRetentionDays
    dailyQuotaGb: sizes.dailyLogQuotaGb
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: { token: token, location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    sku: sizes.storageSku
    softDeleteDays: sizes.softDeleteDays
    privateNetwork: privateNetwork
    allowedAddresses: allowedAddresses
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    name: 'sb-${token}'
    location: location
    tags: tags
    privateNetwork: privateNetwork
    allowedAddresses: allowedAddresses
  }
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    softDeleteDays: sizes.softDeleteDays
    privateNetwork: privateNetwork
    allowedAddresses: allowedAddresses
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    storageName: storage.outputs.name
    serviceBusName: serviceBus.outputs.name
    vaultName: vault.outputs.name
    networkName: network.?outputs.name ?? ''
    subnetId: network.?outputs.endpointsSubnetId ?? ''
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    identityPrincipalId: identity.outputs.principalId
    storageName: storage.outputs.name
    serviceBusName: serviceBus.outputs.name
    queueName: serviceBus.outputs.queueName
    vaultName: vault.outputs.name
    insightsName: monitoring.outputs.insightsName
    deployerObjectId: deployerObjectId
    deployerType: deployerType
    operatorsGroupId: operatorsGroupId
    approversGroupId: approversGroupId
    smokeTestPrincipalId: smokeTestPrincipalId
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: 'func-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    serviceBusName: serviceBus.outputs.name
    vaultName: vault.outputs.name
    insightsName: monitoring.outputs.insightsName
    subnetId: network.?outputs.functionsSubnetId ?? ''
    alwaysReadyInstances: isEconomy ? 0 : (zoneRedundant ? 2 : 1)
    instanceMemoryMB: sizes.instanceMemoryMB
    zoneRedundant: zoneRedundant
    notifications: notifications
    telemetryMode: telemetryMode
    entraTenantId: entraTenantId
    entraApplicationObjectId: entraApplicationObjectId
    databricksAccountId: databricksAccountId
    protectedObjectIds: protectedObjectIds
    readHiddenMembership: readHiddenMembership
    settingsFromVault: settingsFromVault
    additionalSettings: additionalSettings
  }
  // Without its roles, the first start would fail and be tried again for minutes; without its endpoints, for ever.
  dependsOn: [roles, endpoints]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    serviceBusName: serviceBus.outputs.name
    queueName: serviceBus.outputs.queueName
    alertEmail: alertEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = functionApp.outputs.name
output FUNCTION_APP_HOST string = functionApp.outputs.hostName
output IDENTITY_CLIENT_ID string = identity.outputs.clientId
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output KEY_VAULT_NAME string = vault.outputs.name
output SERVICE_BUS_HOST string = serviceBus.outputs.hostName
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
