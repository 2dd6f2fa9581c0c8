import type { TokenCredential } from '@azure/identity';
import type { Settings } from './config/settings.ts';
import type { SecretPlace, TargetConfig } from './config/target-config.ts';
import { CLOUDS } from './databricks/clouds.ts';
import { type DatabricksCredential, SignIns } from './databricks/credential.ts';
import { accountEndpoint, workspaceEndpoint, workspaceProxyEndpoint } from './databricks/endpoint.ts';
import { limitsOf } from './databricks/limits.ts';
import type { SecretSource } from './databricks/secret-source.ts';
import { accountTokenUrl, workspaceTokenUrl } from './databricks/token-endpoint.ts';
import { compilePolicy } from './provisioning/compile-policy.ts';
import type { Target } from './provisioning/target.ts';
import { ScimClient } from './scim/client.ts';
import type { RequestClass } from './scim/types.ts';

/** Everything that the configuration provisions. Nothing is opened yet. */
export function composeTargets(
  settings: Settings,
  identity: TokenCredential,
  /** Shared by all of them: our own identity joins it once we know it. */
  protectedObjectIds: ReadonlySet<string>,
): Target[] {
  const { config } = settings;
  const signIns = new SignIns({ identity, cloud: config.source.cloud });
  return config.targets.map(target => {
    const baseUrl = endpointOf(settings, target);
    const rates = ratesOf(settings, target);
    return {
      id: target.id,
      level: target.place.kind === 'workspace' ? 'workspace' : 'account',
      scim: new ScimClient({
        baseUrl,
        authorization: signIns.open(credentialOf(settings, target)),
        allowInsecureConnection: baseUrl.startsWith('http:'),
        userAgent: 'entra-databricks-provisioning',
      }),
      policy: { ...compilePolicy(config, target), protectedObjectIds },
      ownerRates: rates,
      readerRates: { ...rates },
    };
  });
}

/** The account console's address: the setting's, else the cloud's. */
function accountHost({ config, databricks }: Pick<Settings, 'config' | 'databricks'>): string {
  return databricks.host ?? CLOUDS[config.source.cloud].accountHost;
}

function endpointOf(settings: Settings, { place }: TargetConfig): string {
  switch (place.kind) {
    case 'account':
      return accountEndpoint({ host: accountHost(settings), ...place });
    case 'workspace':
      return workspaceEndpoint(place.workspaceUrl);
    case 'workspaceProxy':
      return workspaceProxyEndpoint(place.workspaceUrl);
  }
}

function credentialOf(settings: Settings, { place, signIn }: TargetConfig): DatabricksCredential {
  if (signIn === undefined) {
    const { scimTokens } = settings.databricks;
    return place.kind === 'account' && place.apiVersion === '2.1' && scimTokens.length > 0
      ? { kind: 'token', secret: { kind: 'values', values: scimTokens } }
      : { kind: 'entra' };
  }
  switch (signIn.method) {
    case 'entra': {
      const { workspaceResourceId } = signIn;
      return { kind: 'entra', ...(workspaceResourceId === undefined ? {} : { workspaceResourceId }) };
    }
    case 'token':
      return { kind: 'token', secret: secretOf(settings, signIn.secret) };
    case 'oauth': {
      const { clientId, secret } = signIn;
      const tokenUrl =
        place.kind === 'account'
          ? accountTokenUrl(accountHost(settings), place.accountId)
          : workspaceTokenUrl(place.workspaceUrl);
      return { kind: 'oauth', clientId, secret: secretOf(settings, secret), tokenUrl };
    }
  }
}

function secretOf({ secrets }: Settings, place: SecretPlace): SecretSource {
  if ('keyVaultSecret' in place) return { kind: 'keyVault', secretUrl: place.keyVaultSecret };
  return { kind: 'values', values: secrets.get(place.setting) ?? [] };
}

/** The owner's part of the target's limits: half of the reads are left to audits, plans and people. */
function ratesOf({ databricks }: Settings, { place, rates }: TargetConfig): Target['ownerRates'] {
  const isWorkspace = place.kind === 'workspace';
  const published = limitsOf(isWorkspace ? 'workspace' : 'account');
  const allowed = (requestClass: RequestClass): number => {
    const { requests, perMs } = published[requestClass];
    const setting = isWorkspace ? undefined : databricks.rates[requestClass];
    return rates[requestClass] ?? setting ?? (requests * 1_000) / perMs;
  };
  return {
    get: allowed('get') / 2,
    list: allowed('list') / 2,
    write: allowed('write'),
    patch: allowed('patch'),
  };
}
