// Alerts rest on what the broker counts and on what the pipeline itself says once a minute, not on the host's records of
// requests, which sampling and OpenTelemetry mode thin out. What to do about each: docs/deployment.md.
param location string
param tags object
param workspaceId string
param serviceBusName string
param queueName string

@description('Empty: nobody is told.')
param alertEmail string

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmail)) {
  name: 'provisioning-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'provisioning'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true }]
  }
}

var actionGroups = empty(alertEmail) ? [] : [people.id]

// The broker's own figures, which are right even when the app sends no telemetry at all. Of the windows that Azure
// offers for metrics, five minutes is the shortest above one.
resource stalled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'messages-wait-and-none-completes'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages are waiting, and for five minutes none was completed: apply-change does not run.'
    severity: 1
    enabled: true
    scopes: [namespace.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'waiting'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queueName] }]
          timeAggregation: 'Minimum'
          operator: 'GreaterThan'
          threshold: 0
        }
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'completed'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'CompleteMessage'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queueName] }]
          timeAggregation: 'Total'
          operator: 'LessThanOrEqual'
          threshold: 0
        }
      ]
    }
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Changes could not be applied and lie in the dead-letter queue, each with its reason.'
    severity: 2
    enabled: true
    scopes: [namespace.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [queueName] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}

// Each query gives one row for each thing that is wrong, except for those that look for silence: they give the lines
// that ought to be there, and fewer than `atLeast` of them is the alert.
var rules = [
  {
    name: 'backlog-waits-and-none-is-done'
    description: 'Rows of the backlog are due, and for three minutes none was worked off.'
    severity: 1
    every: 'PT1M'
    window: 'PT10M'
    query: loadTextContent('../alerts/backlog-stalled.kql')
  }
  {
    name: 'no-poll'
    description: 'For ten minutes no poll has ended: the app does not run, or Graph refuses it.'
    severity: 1
    every: 'PT5M'
    window: 'PT10M'
    query: loadTextContent('../alerts/polls.kql')
    atLeast: 1
  }
  {
    name: 'cycle-overdue'
    description: 'For two hours no reconciliation cycle has ended.'
    severity: 2
    every: 'PT15M'
    window: 'PT2H'
    query: loadTextContent('../alerts/cycles.kql')
    atLeast: 1
  }
  {
    name: 'quarantined'
    description: 'The source or a target refuses everything and is left alone until a probe succeeds.'
    severity: 1
    every: 'PT5M'
    window: 'PT10M'
    query: loadTextContent('../alerts/quarantined.kql')
  }
  {
    name: 'source-disagrees'
    description: 'Graph lists fewer assignments or members than these themselves show: whoever really left keeps his access until it is settled.'
    severity: 2
    every: 'PT15M'
    window: 'PT1H'
    query: loadTextContent('../alerts/source-disagrees.kql')
  }
  {
    name: 'failed-changes'
    description: 'Changes failed for good: they are listed by their codes.'
    severity: 2
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../alerts/failed-changes.kql')
  }
  {
    name: 'holds'
    description: 'Actions are held back until a person decides, for a quarter of an hour and more.'
    severity: 3
    every: 'PT15M'
    window: 'PT15M'
    query: loadTextContent('../alerts/holds.kql')
  }
  {
    name: 'subscriptions'
    description: 'Subscriptions are lost or cannot be kept: changes are heard of by the poll alone.'
    severity: 2
    every: 'PT15M'
    window: 'PT2H'
    query: loadTextContent('../alerts/subscriptions.kql')
  }
  {
    name: 'secrets'
    description: 'A secret ends soon, has ended, or is refused.'
    severity: 2
    every: 'PT15M'
    window: 'PT1H'
    query: loadTextContent('../alerts/secrets.kql')
  }
  {
    name: 'worth-knowing'
    description: 'A limit of the target is near or exceeded, Automatic Identity Management came or went, a hold expired, a permission is missing, or a workspace cannot be read.'
    severity: 3
    every: 'PT1H'
    window: 'PT1H'
    query: loadTextContent('../alerts/worth-knowing.kql')
  }
]

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Provisioning: ${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      autoMitigate: true
      // The tables come into being with the first lines.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: contains(rule, 'atLeast') ? 'LessThan' : 'GreaterThan'
            threshold: rule.?atLeast ?? 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: actionGroups }
    }
  }
]
