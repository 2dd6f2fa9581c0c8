import type { z } from 'zod';
import type { MappingRule } from '../mapping/attribute-mapping.ts';
import { defaultMappings } from '../mapping/default-mappings.ts';
import type { Filter } from '../scope/filter.ts';
import type { provisioningSchema } from './provisioning-config-schema.ts';
import type { TargetForm } from './provisioning-config-targets.ts';

export interface PerKind<T> {
  readonly users: T;
  readonly groups: T;
  readonly servicePrincipals: T;
}

export interface ScopeConfig {
  readonly mode: 'assigned' | 'all';
  readonly nestedGroups: 'flatten' | 'mirror' | 'direct';
  /** Always true with `mirror`. */
  readonly assignDescendants: boolean;
  readonly guests: boolean;
  readonly microsoft365Groups: boolean;
  readonly servicePrincipals: boolean;
  readonly filters: PerKind<readonly Filter[]>;
  /** Object ids, of any kind. */
  readonly include: readonly string[];
  /** Object ids, of any kind. None of them is in `include` as well. */
  readonly exclude: readonly string[];
}

/** Where the secret of a sign-in is. */
export type SecretPlace =
  | { readonly setting: string }
  /** Without a version. */
  | { readonly keyVaultSecret: string };

export type SignInConfig =
  | { readonly method: 'entra'; readonly workspaceResourceId?: string }
  | { readonly method: 'token'; readonly secret: SecretPlace }
  | { readonly method: 'oauth'; readonly clientId: string; readonly secret: SecretPlace };

export type WorkspacePermission = 'USER' | 'ADMIN';

/** Who of an account may work in one of its workspaces. */
export interface WorkspaceConfig {
  readonly workspaceId: string;
  /** By Entra object id. ADMIN only for those in the allow-list. */
  readonly assignments: ReadonlyMap<string, WorkspacePermission>;
  /** Whether ADMIN that somebody else gave to a listed USER is taken back. */
  readonly assert: boolean;
}

/** Requests per second, where they are not the published ones. */
export type RatesConfig = Partial<Readonly<Record<'get' | 'list' | 'write' | 'patch', number>>>;

/** One SCIM endpoint, and who goes there as what. */
export interface TargetConfig {
  /**
   * Names the target in state, messages and logs. From the account or the workspace, so that a new address keeps the
   * links, and two ways to one account are seen to be the same target.
   */
  readonly id: string;
  readonly place:
    | { readonly kind: 'account'; readonly accountId: string; readonly apiVersion: '2.0' | '2.1' }
    | { readonly kind: 'workspaceProxy'; readonly accountId: string; readonly workspaceUrl: string }
    | { readonly kind: 'workspace'; readonly workspaceId: string; readonly workspaceUrl: string };
  /** Undefined: the SCIM token of the app settings where there is one and the target is an account, else Entra. */
  readonly signIn: SignInConfig | undefined;
  /** For everything outside the SCIM API; undefined: {@link signIn}, where that is not a SCIM token or a workspace's. */
  readonly accountSignIn: SignInConfig | undefined;
  /** At accounts only; no workspace twice. */
  readonly workspaces: readonly WorkspaceConfig[];
  readonly rates: RatesConfig;
  /** Nothing but revocations is written until a person has approved the first plan. */
  readonly planFirst: boolean;
  /** The general ones, with what the target says in their place. */
  readonly scope: ScopeConfig;
  readonly mappings: PerKind<readonly MappingRule[]>;
}

type FileForm = z.output<typeof provisioningSchema>;

/** A target with everything that it leaves to the rest of the file. Its form and its checks have passed. */
export function completeTarget(form: TargetForm, file: FileForm): TargetConfig {
  const place = placeOf(form);
  const { scope = {}, mappings = {} } = form;
  return {
    id: targetId(place),
    place,
    signIn: form.signIn && signInOf(form.signIn),
    accountSignIn: form.accountSignIn && signInOf(form.accountSignIn),
    workspaces: (form.workspaces ?? []).map(({ workspaceId, assignments, assert = false }) => ({
      workspaceId,
      assignments: new Map(assignments.map(({ objectId, permission }) => [objectId, permission])),
      assert,
    })),
    rates: form.requestsPerSecond ?? {},
    planFirst: form.planFirst,
    scope: completeScope({
      ...file.scope,
      ...withoutUndefined(scope),
      filters: { ...file.scope.filters, ...withoutUndefined(scope.filters ?? {}) },
    }),
    mappings: completeMappings({ ...file.mappings, ...withoutUndefined(mappings) }),
  };
}

/** Settles the defaults that depend on another setting. */
export function completeScope(scope: FileForm['scope']): ScopeConfig {
  const assigned = scope.mode === 'assigned';
  return {
    ...scope,
    assignDescendants: scope.assignDescendants ?? scope.nestedGroups === 'mirror',
    guests: scope.guests ?? assigned,
    // Every tenant holds hundreds of Microsoft's own: in mode all they come by decision only.
    servicePrincipals: scope.servicePrincipals ?? assigned,
  };
}

export function completeMappings(mappings: FileForm['mappings']): TargetConfig['mappings'] {
  return {
    users: mappings.users ?? defaultMappings.user,
    groups: mappings.groups ?? defaultMappings.group,
    servicePrincipals: mappings.servicePrincipals ?? defaultMappings.servicePrincipal,
  };
}

function targetId(place: TargetConfig['place']): string {
  return place.kind === 'workspace' ? `workspace-${place.workspaceId}` : `account-${place.accountId}`;
}

/** The id in an address such as `https://adb-1234567890123456.7.azuredatabricks.net`. */
export function workspaceIdIn(workspaceUrl: string): string | undefined {
  return /^https:\/\/adb-([0-9]+)\.[0-9]+\./.exec(workspaceUrl.toLowerCase())?.[1];
}

function placeOf({
  kind,
  accountId = '',
  workspaceUrl = '',
  workspaceId,
  apiVersion = '2.1',
}: TargetForm): TargetConfig['place'] {
  const url = workspaceUrl.replace(/\/$/, '');
  switch (kind) {
    case 'account':
      return { kind, accountId, apiVersion };
    case 'workspaceProxy':
      return { kind, accountId, workspaceUrl: url };
    case 'workspace':
      return { kind, workspaceId: workspaceId ?? workspaceIdIn(url) ?? '', workspaceUrl: url };
  }
}

function signInOf({
  method,
  setting,
  keyVaultSecret,
  clientId = '',
  workspaceResourceId,
}: NonNullable<TargetForm['signIn']>): SignInConfig {
  if (method === 'entra')
    return workspaceResourceId === undefined ? { method } : { method, workspaceResourceId };
  const secret: SecretPlace = keyVaultSecret === undefined ? { setting: setting ?? '' } : { keyVaultSecret };
  return method === 'token' ? { method, secret } : { method, clientId, secret };
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
