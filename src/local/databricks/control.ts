import { type Answer, json, refused } from './answer.ts';
import { scimTokenBody, workspaceBody } from './control-schemas.ts';
import {
  accountSettings,
  type ControlledAccount,
  parsed,
  type Settings,
  workspaceSettings,
} from './control-settings.ts';
import { addressOf, bearerToken, parsedBody } from './incoming.ts';
import type { Exchange } from './loopback-server.ts';
import { PLATFORM_PROFILE } from './profile.ts';
import type { Realm } from './realm.ts';
import { noEndpoint, Refusal, unauthenticated } from './refusal.ts';
import type { LocalWorkspace } from './workspace.ts';

export const CONTROL_PREFIX = '/_local/';

/**
 * The control API: what tests set on the object, over HTTP and for the operator alone. Neither counted nor logged;
 * undefined when the client went away in the middle of its request.
 *
 * @param operatorToken without one there is no control API.
 */
export async function control(
  account: ControlledAccount,
  operatorToken: string | undefined,
  exchange: Exchange,
): Promise<Answer | undefined> {
  const text = await exchange.read();
  if (text === undefined) return undefined;
  try {
    if (operatorToken === undefined) throw noEndpoint();
    if (bearerToken(exchange.headers.authorization) !== operatorToken) throw unauthenticated();
    if (text instanceof Refusal) throw text;
    return await answer(account, exchange, text);
  } catch (error) {
    return refused(PLATFORM_PROFILE, error instanceof Refusal ? error : new Refusal(500, String(error)));
  }
}

async function answer(account: ControlledAccount, exchange: Exchange, text: string): Promise<Answer> {
  const { path, query } = addressOf(exchange.url);
  const parts = path.slice(CONTROL_PREFIX.length).split('/').filter(Boolean);
  const [first, id = ''] = parts;
  const verb = `${exchange.method} ${parts.length === 1 ? first : ''}`;
  const body = text === '' ? {} : parsedBody(text);
  if (parts.length === 0 && exchange.method === 'GET') return json(200, state(account));
  if (verb === 'POST reset') {
    account.reset();
    return json(200, state(account));
  }
  if (verb === 'POST scim-tokens') {
    return json(201, { token: account.regenerateScimToken(parsed(scimTokenBody, body).overlapMs) });
  }
  if (verb === 'GET workspaces') return json(200, [...account.workspaces.values()].map(describe));
  if (verb === 'POST workspaces') return json(201, describe(await added(account, body)));
  if (first !== 'workspaces') return within(account, accountSettings(account), parts, exchange, body, query);
  const workspace = account.workspaces.get(id);
  if (!workspace) throw new Refusal(404, `There is no workspace ${id}`);
  return within(workspace, workspaceSettings(workspace), parts.slice(2), exchange, body, query);
}

/** One setting, or the log, of the account or a workspace. */
function within(
  realm: Realm,
  settings: Settings,
  parts: readonly string[],
  { method }: Exchange,
  body: unknown,
  query: URLSearchParams,
): Answer {
  const [name = ''] = parts;
  if (parts.length !== 1) throw noEndpoint();
  if (name === 'log' && method === 'GET') return json(200, { records: since(realm, query.get('since')) });
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (!setting) throw noEndpoint();
  if (method !== 'GET' && method !== 'PUT') throw new Refusal(405, 'Method not allowed');
  if (method === 'PUT') setting.put(body);
  return json(200, setting.get());
}

async function added(account: ControlledAccount, body: unknown): Promise<LocalWorkspace> {
  const options = parsed(workspaceBody, body);
  try {
    return await account.addWorkspace(options);
  } catch (error) {
    throw new Refusal(409, error instanceof Error ? error.message : String(error));
  }
}

function since({ log }: Realm, text: string | null): unknown {
  const from = Number(text ?? 0);
  if (!Number.isFinite(from)) throw new Refusal(400, 'since is a number of milliseconds since 1970');
  return log.filter(({ at }) => at >= from);
}

function state(account: ControlledAccount): object {
  const values = (settings: Settings): object =>
    Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, setting.get()]));
  return {
    accountId: account.accountId,
    ...counters(account),
    ...values(accountSettings(account)),
    workspaces: [...account.workspaces.values()].map(workspace => ({
      ...describe(workspace),
      ...counters(workspace),
      ...values(workspaceSettings(workspace)),
    })),
  };
}

function counters({ requests, inFlight, throttled }: Realm): object {
  return { requests, inFlight, throttled };
}

function describe({ id, name, federated, url, scimUrl, proxyUrl, resourceId }: LocalWorkspace): object {
  return { id, name, federated, url, scimUrl, proxyUrl, resourceId };
}
