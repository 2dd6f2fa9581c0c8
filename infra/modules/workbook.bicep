// The page that an operator opens first.
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'provisioning')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Provisioning'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: loadTextContent('../workbook.json')
  }
}
