import { settingTexts } from '../../../src/config/setting-texts.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { type Infra, leaves } from '../model/infra.ts';
import type { Value } from '../model/values.ts';

const GUID = '8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10';

/** Settings of ours that the template gives, each with what it could be. */
const GIVEN: Readonly<Record<string, string>> = {
  ENTRA_TENANT_ID: GUID,
  ENTRA_APPLICATION_OBJECT_ID: GUID,
  DATABRICKS_ACCOUNT_ID: GUID,
  PROTECTED_OBJECT_IDS: GUID,
  READ_HIDDEN_MEMBERSHIP: 'true',
  NOTIFICATION_URL: 'https://func.azurewebsites.net/api/graph-notifications',
  NOTIFICATION_CLIENT_STATE: '0123456789abcdef',
  AzureWebJobsStorage__blobServiceUri: 'https://st.blob.core.windows.net/',
  AzureWebJobsStorage__tableServiceUri: 'https://st.table.core.windows.net/',
  ServiceBusConnection__fullyQualifiedNamespace: 'sb.servicebus.windows.net',
};

/** Settings of ours that the template leaves out, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  PROVISIONING_CONFIG_FILE: 'the file lies beside the app, where it is looked for',
  DATABRICKS_HOST: 'follows from the cloud',
  DATABRICKS_SCIM_TOKEN: 'the identity signs in, unless settingsFromVault says otherwise',
  DATABRICKS_SCIM_TOKEN_PREVIOUS: 'see DATABRICKS_SCIM_TOKEN',
  DATABRICKS_GET_PER_SECOND: 'the published limit',
  DATABRICKS_LIST_PER_SECOND: 'the published limit',
  DATABRICKS_WRITE_PER_SECOND: 'the published limit',
  DATABRICKS_PATCH_PER_SECOND: 'the published limit',
  GRAPH_URL: 'follows from the cloud',
  NOTIFICATION_CLIENT_STATE_PREVIOUS: 'while it is rotated, through settingsFromVault',
  NOTIFICATION_SILENCE_MINUTES: 'the default does',
  REPLAYS_PER_SECOND: 'the default does',
  RECONCILE_MINUTES: 'the configuration file says it',
  SETTLE_WINDOW_MS: 'the configuration file says it',
  ServiceBusConnection: 'a key; the identity signs in',
  AzureWebJobsStorage: 'a key; the identity signs in. Empty beside the others, it breaks the app',
  AzureWebJobsStorage__accountName: 'the addresses say more',
  FUNCTIONS_WORKER_PROCESS_COUNT: 'Flex Consumption knows no other number than 1',
  AZURE_LOG_LEVEL: 'for a search for the cause of a trouble',
};

/**
 * Settings of the host, its connections and the SDKs. Sources: Microsoft Learn, "App settings reference for Azure
 * Functions" and "Azure Functions developer guide" (connections); azure-sdk-for-js, identity (AZURE_CLIENT_ID).
 */
const PLATFORM = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_CLIENT_ID',
  'AzureFunctionsJobHost__telemetryMode',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__queueServiceUri',
  'ServiceBusConnection__clientId',
  'ServiceBusConnection__credential',
];

/** Source: Microsoft Learn, "App settings reference for Azure Functions", Flex Consumption plan deprecations. */
const FORBIDDEN_SETTINGS = [
  'ENABLE_ORYX_BUILD',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_WORKER_RUNTIME_VERSION',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'FUNCTIONS_MAX_HTTP_CONCURRENCY',
  'FUNCTIONS_WORKER_PROCESS_COUNT',
  'FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_CONTENTOVERVNET',
  'WEBSITE_SKIP_CONTENTSHARE_VALIDATION',
  'WEBSITE_DNS_SERVER',
  'WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_VNET_ROUTE_ALL',
  'WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED',
  'WEBSITE_MOUNT_ENABLED',
  'WEBSITE_LOAD_CERTIFICATES',
  'WEBSITE_TIME_ZONE',
  'TZ',
];

/** Source: the same page, properties of the site; and "Flex Consumption plan" for the last two. */
const FORBIDDEN_PROPERTIES = [
  'alwaysOn',
  'containerSize',
  'dnsConfiguration',
  'ftpsState',
  'isReserved',
  'isXenon',
  'javaVersion',
  'linuxFxVersion',
  'netFrameworkVersion',
  'powerShellVersion',
  'functionAppScaleLimit',
  'preWarmedInstanceCount',
  'use32BitWorkerProcess',
  'vnetBackupRestoreEnabled',
  'vnetContentShareEnabled',
  'vnetImagePullEnabled',
  'vnetRouteAllEnabled',
  'windowsFxVersion',
  'healthCheckPath',
  'endToEndEncryptionEnabled',
];

/** The names of all settings that the app could get. */
function settingNames(infra: Infra): string[] {
  const { variables } = infra.template('function-app');
  const collect = (value: Value | undefined): string[] => {
    if (value?.kind === 'object') return [...value.properties.keys()];
    if (value?.kind === 'choice') return [...collect(value.whenTrue), ...collect(value.whenFalse)];
    if (value?.kind === 'call' && value.name === 'union') return value.args.flatMap(collect);
    return value?.kind === 'name' ? collect(variables.get(value.name)) : [];
  };
  return collect(infra.only('Microsoft.Web/sites/config').body.properties.get('properties'));
}

export function settingProblems(infra: Infra): string[] {
  const problems: string[] = [];
  const names = settingNames(infra);
  const ours: Readonly<Record<string, unknown>> = settingTexts;
  for (const name of names)
    if (GIVEN[name] === undefined && !PLATFORM.includes(name)) problems.push(`nobody reads ${name}`);
  for (const name of [...Object.keys(GIVEN), ...PLATFORM])
    if (!names.includes(name)) problems.push(`${name} is not set`);
  for (const name of Object.keys(ours))
    if (GIVEN[name] === undefined && LEFT_OUT[name] === undefined)
      problems.push(`nobody has decided about ${name}`);
  for (const name of [...Object.keys(GIVEN), ...Object.keys(LEFT_OUT)])
    if (ours[name] === undefined) problems.push(`the code knows no ${name}`);
  // The last word has the code itself: it starts with what the template sets.
  const env = Object.fromEntries(names.map(name => [name, GIVEN[name] ?? 'set']));
  try {
    readSettings(env);
  } catch (error) {
    problems.push(`the app does not start: ${String(error)}`);
  }
  return problems;
}

export function flexProblems(infra: Infra): string[] {
  const problems: string[] = [];
  for (const name of settingNames(infra))
    if (FORBIDDEN_SETTINGS.includes(name)) problems.push(`${name} has no place on Flex Consumption`);
  const text = infra.text('infra/modules/function-app.bicep');
  for (const name of FORBIDDEN_PROPERTIES)
    if (new RegExp(`\\b${name}:`).test(text)) problems.push(`${name} has no place on Flex Consumption`);
  return problems;
}

/** Secrets reach the app as references to the vault, by an identity that may read it. */
export function referenceProblems(infra: Infra): string[] {
  const { variables, resources } = infra.template('function-app');
  const problems: string[] = [];
  const webhook = variables.get('webhook');
  const state = webhook?.kind === 'object' ? webhook.properties.get('NOTIFICATION_CLIENT_STATE') : undefined;
  if (state?.kind !== 'text' || !state.text.startsWith("'@Microsoft.KeyVault(SecretUri="))
    problems.push('NOTIFICATION_CLIENT_STATE is no reference to the vault');
  const site = resources.find(({ type }) => type === 'Microsoft.Web/sites');
  const reader = [...(site ? leaves(site.body) : [])].some(
    leaf => leaf.kind === 'name' && leaf.name === 'identityId',
  );
  if (
    !reader ||
    !infra.text('infra/modules/function-app.bicep').includes('keyVaultReferenceIdentity: identityId')
  )
    problems.push('nobody reads the references');
  return problems;
}
