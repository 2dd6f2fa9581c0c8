import type { TokenCredential } from '@azure/identity';
import type { Settings } from './config/settings.ts';
import type { SecretPlace, SignInConfig, TargetConfig } from './config/target-config.ts';
import { takesScimToken } from './config/target-secrets.ts';
import { type DatabricksCredential, SignIns } from './databricks/credential.ts';
import { accountEndpoint, workspaceEndpoint, workspaceProxyEndpoint } from './databricks/endpoint.ts';
import { IdentityApi } from './databricks/identity-api.ts';
import { limitsOf } from './databricks/limits.ts';
import type { SecretSource } from './databricks/secret-source.ts';
import type { SignIn } from './databricks/sign-in.ts';
import { accountTokenUrl, workspaceTokenUrl } from './databricks/token-endpoint.ts';
import { WorkspaceAssignments } from './databricks/workspace-assignments.ts';
import { CLOUDS } from './identity/clouds.ts';
import { compilePolicy } from './provisioning/compile-policy.ts';
import { OwnIdentity } from './provisioning/own-identity.ts';
import type { Target } from './provisioning/target.ts';
import { ScimClient } from './scim/client.ts';
import type { RequestClass } from './scim/types.ts';

const USER_AGENT = 'entra-databricks-provisioning';

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
    const signIn = signIns.open(credentialOf(settings, target));
    const accountSignIn = accountSignInOf(settings, target, signIn, signIns);
    const scim = scimClient(baseUrl, signIn);
    return {
      id: target.id,
      level: target.place.kind === 'workspace' ? 'workspace' : 'account',
      scim,
      planFirst: target.planFirst,
      policy: { ...compilePolicy(config, target), protectedObjectIds },
      ownerRates: rates,
      readerRates: { ...rates },
      workspaces: accountSignIn && workspacesOf(settings, target, accountSignIn),
      identities: accountSignIn && identitiesOf(settings, target, accountSignIn),
      own: ownIdentityOf(settings, target, scim, signIn),
      signIns: {
        scim: signIn,
        ...(accountSignIn === undefined || accountSignIn === signIn ? {} : { account: accountSignIn }),
      },
    };
  });
}

/**
 * The way to sign in to what an account offers beside SCIM; undefined where none is known. A SCIM token opens nothing
 * else, and what a workspace takes is not what the account takes.
 */
function accountSignInOf(
  settings: Settings,
  target: TargetConfig,
  signIn: SignIn,
  signIns: SignIns,
): SignIn | undefined {
  const { place, accountSignIn } = target;
  if (place.kind === 'workspace') return undefined;
  if (accountSignIn !== undefined)
    return signIns.open(
      credentialFor(settings, accountSignIn, accountTokenUrl(accountHost(settings), place.accountId)),
    );
  if (place.kind !== 'account') return undefined;
  return credentialOf(settings, target).kind === 'token' ? undefined : signIn;
}

function workspacesOf(
  settings: Settings,
  { place, workspaces }: TargetConfig,
  authorization: SignIn,
): Target['workspaces'] {
  if (place.kind === 'workspace') return undefined;
  const host = accountHost(settings);
  const client = new WorkspaceAssignments({
    host,
    accountId: place.accountId,
    authorization,
    allowInsecureConnection: host.startsWith('http:'),
    userAgent: USER_AGENT,
  });
  return { client, wanted: workspaces };
}

function identitiesOf(
  settings: Settings,
  { place }: TargetConfig,
  authorization: SignIn,
): Target['identities'] {
  if (place.kind === 'workspace') return undefined;
  const accountUrl = accountHost(settings);
  return new IdentityApi({
    accountUrl,
    accountId: place.accountId,
    authorization,
    allowInsecureConnection: accountUrl.startsWith('http:'),
    userAgent: USER_AGENT,
  });
}

/** A workspace shows who signs in there. An account does not: who we are there, our Entra token or our credential says. */
function ownIdentityOf(
  settings: Settings,
  target: TargetConfig,
  scim: ScimClient,
  signIn: SignIn,
): OwnIdentity {
  const { place } = target;
  const credential = credentialOf(settings, target);
  const applicationId = credential.kind === 'oauth' ? credential.clientId : undefined;
  if (place.kind === 'account') return new OwnIdentity({ applicationId });
  const workspace =
    place.kind === 'workspace' ? scim : scimClient(workspaceEndpoint(place.workspaceUrl), signIn);
  return new OwnIdentity({ applicationId, me: request => workspace.me(request) });
}

function scimClient(baseUrl: string, authorization: SignIn): ScimClient {
  return new ScimClient({
    baseUrl,
    authorization,
    allowInsecureConnection: baseUrl.startsWith('http:'),
    userAgent: USER_AGENT,
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

function credentialOf(settings: Settings, target: TargetConfig): DatabricksCredential {
  const { place, signIn } = target;
  if (signIn === undefined) {
    const { scimTokens } = settings.databricks;
    return takesScimToken(target) && scimTokens.length > 0
      ? { kind: 'token', secret: { kind: 'values', values: scimTokens } }
      : { kind: 'entra' };
  }
  const tokenUrl =
    place.kind === 'account'
      ? accountTokenUrl(accountHost(settings), place.accountId)
      : workspaceTokenUrl(place.workspaceUrl);
  return credentialFor(settings, signIn, tokenUrl);
}

/** @param tokenUrl where OAuth tokens for it are issued */
function credentialFor(settings: Settings, signIn: SignInConfig, tokenUrl: string): DatabricksCredential {
  switch (signIn.method) {
    case 'entra': {
      const { workspaceResourceId } = signIn;
      return { kind: 'entra', ...(workspaceResourceId === undefined ? {} : { workspaceResourceId }) };
    }
    case 'token':
      return { kind: 'token', secret: secretOf(settings, signIn.secret) };
    case 'oauth': {
      const { clientId, secret } = signIn;
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
