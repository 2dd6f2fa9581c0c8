import type { Infra } from '../model/infra.ts';
import { at, leaves, literalAt } from '../model/infra.ts';

/** What every resource of a type has to say, literally. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
  'Microsoft.Storage/storageAccounts': {
    'properties.allowSharedKeyAccess': false,
    'properties.allowBlobPublicAccess': false,
    'properties.allowCrossTenantReplication': false,
    'properties.isLocalUserEnabled': false,
    'properties.minimumTlsVersion': 'TLS1_2',
    'properties.supportsHttpsTrafficOnly': true,
  },
  'Microsoft.Storage/storageAccounts/blobServices': {
    'properties.deleteRetentionPolicy.enabled': true,
    'properties.containerDeleteRetentionPolicy.enabled': true,
  },
  'Microsoft.Storage/storageAccounts/blobServices/containers': { 'properties.publicAccess': 'None' },
  'Microsoft.ServiceBus/namespaces': {
    'properties.disableLocalAuth': true,
    'properties.minimumTlsVersion': '1.2',
  },
  'Microsoft.KeyVault/vaults': {
    'properties.enableRbacAuthorization': true,
    'properties.enableSoftDelete': true,
    'properties.enablePurgeProtection': true,
    'properties.enabledForTemplateDeployment': false,
  },
  'Microsoft.Insights/components': { 'properties.DisableLocalAuth': true },
  'Microsoft.OperationalInsights/workspaces': { 'properties.features.disableLocalAuth': true },
  'Microsoft.Web/sites': {
    'properties.httpsOnly': true,
    'properties.siteConfig.minTlsVersion': '1.2',
    'properties.siteConfig.scmMinTlsVersion': '1.2',
    'identity.type': 'UserAssigned',
    'properties.functionAppConfig.deployment.storage.authentication.type': 'UserAssignedIdentity',
  },
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': { 'properties.allow': false },
};

export function hardeningProblems(infra: Infra): string[] {
  const problems: string[] = [];
  for (const [type, required] of Object.entries(REQUIRED)) {
    const found = infra.created(type);
    if (found.length === 0) problems.push(`no ${type}`);
    for (const { path, resource } of found)
      for (const [property, wanted] of Object.entries(required))
        if (literalAt(resource.body, property) !== wanted)
          problems.push(`${path}: ${property} of ${resource.symbol} is not ${wanted}`);
  }
  const names = infra
    .created('Microsoft.Web/sites/basicPublishingCredentialsPolicies')
    .map(({ resource }) => literalAt(resource.body, 'name'));
  if (names.sort().join() !== 'ftp,scm') problems.push('a publishing password is left');
  return problems;
}

const ENUMERATED = /\blist(Keys|AccountSas|ServiceSas|Secrets|Credentials|HostKeys)?\b\s*\(|\.list[A-Z]\w*\(/;
const SECRET = /secret|key|password|token|connection_?string|credential|signature|\bsas\b/i;
/** A name, and not what is kept under it. */
const HARMLESS = new Set(['KEY_VAULT_NAME']);

/** Outputs stay readable in the history of deployments, and azd writes them into a file. */
export function secretProblems(infra: Infra): string[] {
  const problems: string[] = [];
  for (const [path, template] of infra.templates) {
    if (ENUMERATED.test(infra.text(path))) problems.push(`${path}: asks for keys`);
    const secure = template.parameters.filter(({ isSecure }) => isSecure).map(({ name }) => name);
    for (const [name, value] of template.outputs) {
      const words = value.replaceAll(/'[^']*'/g, '');
      const isSecret = SECRET.test(name) || SECRET.test(words) || secure.some(one => words.includes(one));
      if (isSecret && !HARMLESS.has(name)) problems.push(`${path}: the output ${name} may be a secret`);
    }
  }
  const { length } = infra.created('Microsoft.KeyVault/vaults/secrets');
  if (length > 0) problems.push('a secret is given as a parameter of the deployment, and can be read there');
  return problems;
}

/** Where something is open to everybody's address, and why that is right. Entra tokens are asked for at all of them. */
const OPEN: Readonly<Record<string, string>> = {
  'infra/modules/storage.bicep networkAcls.defaultAction': "privateNetwork ? 'Deny' : 'Allow'",
  'infra/modules/key-vault.bicep networkAcls.defaultAction': "privateNetwork ? 'Deny' : 'Allow'",
  'infra/modules/function-app.bicep ipSecurityRestrictionsDefaultAction': "notifications ? 'Allow' : 'Deny'",
  // Deployments come from wherever they are made; the passwords are switched off.
  'infra/modules/function-app.bicep scmIpSecurityRestrictionsDefaultAction': "'Allow'",
};
const WHEN_PRIVATE = "privateNetwork && empty(allowedAddresses) ? 'Disabled' : 'Enabled'";

export function networkProblems(infra: Infra): string[] {
  const problems: string[] = [];
  for (const [path, { resources }] of infra.templates) {
    const text = infra.text(path);
    for (const [, indent = '', name = '', value = ''] of text.matchAll(
      /^( *)(\w*[dD]efaultAction): (.+)$/gm,
    )) {
      const owner = name === 'defaultAction' ? `${ownerOf(text, indent, value)}.defaultAction` : name;
      const defended = OPEN[`${path} ${owner}`];
      if (value !== "'Deny'" && value !== defended) problems.push(`${path}: ${owner} is ${value}`);
    }
    for (const [, value = ''] of text.matchAll(/^ *publicNetworkAccess: (.+)$/gm))
      if (value !== WHEN_PRIVATE && value !== "empty(allowedAddresses) ? 'Disabled' : 'Enabled'")
        problems.push(`${path}: publicNetworkAccess is ${value}`);
    for (const { symbol, body } of resources)
      for (const leaf of leaves(body)) {
        const value = leaf.kind === 'literal' ? leaf.value : undefined;
        if (value === '*' || value === 'Any' || (typeof value === 'string' && /^0\.0\.0\.0|^::/.test(value)))
          problems.push(`${path}: ${symbol} names every address`);
      }
  }
  for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
    const acls = at(infra.only(type).body, 'properties.networkAcls');
    if (literalAt(acls, 'bypass') !== 'None') problems.push(`${type} lets Azure's services pass`);
  }
  return problems;
}

function ownerOf(text: string, indent: string, value: string): string {
  const before = text.slice(0, text.indexOf(`${indent}defaultAction: ${value}`));
  const openings = [...before.matchAll(/^( *)(\w+): \{$/gm)].filter(
    ([, at = '']) => at.length < indent.length,
  );
  return openings.at(-1)?.[2] ?? '';
}
