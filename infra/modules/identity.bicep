// The identity of the Function App. User-assigned, and not the app's own: it is there before the app, so that the app
// starts with its roles; and an app that is deleted and created again, or a second one beside it, keeps what an
// administrator had to grant by hand in Entra and in Databricks.
param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
