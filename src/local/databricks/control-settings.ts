import { z } from 'zod';
import type { AccountSide } from './account-routes.ts';
import {
  aimBody,
  behaviourBody,
  callersBody,
  capsBody,
  faultsBody,
  federationBody,
  limitsBody,
  oauthClientsBody,
  secondClientBody,
  tokensBody,
} from './control-schemas.ts';
import type { OAuthClient } from './oauth.ts';
import type { Realm } from './realm.ts';
import { Refusal } from './refusal.ts';
import { DEFAULT_LIMITS, WORKSPACE_LIMITS } from './token-bucket.ts';
import { LocalWorkspace, type WorkspaceOptions } from './workspace.ts';

/** The account, as the control API needs it. */
export interface ControlledAccount extends AccountSide {
  readonly oauthClients: Map<string, OAuthClient>;
  readonly scimTokens: string[];
  regenerateScimToken(overlapMs: number): string;
  addWorkspace(options: WorkspaceOptions): Promise<LocalWorkspace>;
}

/** Something that can be read and, in whole or in part, set. */
export interface Setting {
  get(): unknown;
  /** @throws Refusal that says what is wrong with the body. */
  put(body: unknown): void;
}

export type Settings = Readonly<Record<string, Setting>>;

/** What an account and a workspace have in common. */
function realmSettings(realm: Realm): Settings {
  return {
    limits: {
      get: () => realm.limits,
      put: body => {
        const limits = parsed(limitsBody, body);
        const published = realm instanceof LocalWorkspace ? WORKSPACE_LIMITS : DEFAULT_LIMITS;
        const current = realm.limits === 'off' ? published : realm.limits;
        realm.limits = limits === 'off' ? 'off' : { ...current, ...limits };
      },
    },
    'second-client': {
      get: () => realm.secondClientRates,
      put: body => realm.secondClient(parsed(secondClientBody, body)),
    },
    faults: {
      get: () =>
        realm.faults.map(({ path, sends, times, ...rule }) => ({
          ...rule,
          path: typed(path),
          sends: typed(sends),
          times: Number.isFinite(times) ? times : 'always',
        })),
      put: body => {
        realm.faults = parsed(faultsBody, body);
      },
    },
    behaviour: {
      get: () => ({
        readLagMs: realm.readLagMs,
        steadyLag: realm.steadyLag,
        staleFirstReads: realm.staleFirstReads,
        listsMembers: realm.listsMembers,
        removeMembersWithValue: realm.removeMembersWithValue,
        entitlements: realm.entitlements,
      }),
      put: body => void Object.assign(realm, parsed(behaviourBody, body)),
    },
    caps: { get: () => realm.caps, put: body => void Object.assign(realm.caps, parsed(capsBody, body)) },
    callers: mapSetting(realm.callers, callersBody),
  };
}

/** What the account alone has. */
export function accountSettings(account: ControlledAccount): Settings {
  const { aim } = account;
  return {
    ...realmSettings(account),
    aim: {
      get: () => {
        const { on, scimEnforced, hidesUnused, transitionMs, directory } = aim;
        return { on, scimEnforced, hidesUnused, transitionMs, directory: Object.fromEntries(directory) };
      },
      put: body => {
        const { directory, on = aim.on, ...modes } = parsed(aimBody, body);
        // How long it takes is to be known when it is switched.
        Object.assign(aim, modes);
        aim.on = on;
        if (directory) aim.directory = new Map(Object.entries(directory));
      },
    },
    'oauth-clients': mapSetting(account.oauthClients, oauthClientsBody),
    'scim-tokens': listSetting(account.scimTokens),
  };
}

/** What a workspace alone has. */
export function workspaceSettings(workspace: LocalWorkspace): Settings {
  return {
    ...realmSettings(workspace),
    federation: {
      get: () => ({ federated: workspace.federated }),
      put: body => {
        workspace.federated = parsed(federationBody, body).federated;
      },
    },
    tokens: listSetting(workspace.tokens),
  };
}

/** @throws Refusal that says what is wrong, and where. */
export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Refusal(400, z.prettifyError(result.error));
}

function mapSetting<T>(map: Map<string, T>, schema: z.ZodType<Record<string, T>>): Setting {
  return {
    get: () => Object.fromEntries(map),
    put: body => {
      const entries = Object.entries(parsed(schema, body));
      map.clear();
      for (const [key, value] of entries) map.set(key, value);
    },
  };
}

function listSetting(list: string[]): Setting {
  return { get: () => list, put: body => void list.splice(0, list.length, ...parsed(tokensBody, body)) };
}

/** A pattern as it was typed: what it calls its source has its slashes escaped. */
function typed(pattern: RegExp | undefined): string | undefined {
  return pattern?.source.replaceAll('\\/', '/');
}
