import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { broken, parse } from '../scim/answer.ts';
import type { ScimAuthorization } from '../scim/authorization.ts';
import { ScimError } from '../scim/errors.ts';
import { SignedRequests } from '../scim/signed-requests.ts';
import { type Call, Transport } from '../scim/transport.ts';
import type { RequestOptions, ResourceType } from '../scim/types.ts';
import { exactIds } from './exact-ids.ts';

const TIMEOUT_MS = 15_000;
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Segments of the path, and keys of the answer (databricks-sdk-go, service/iamv2). */
const NAMES: Readonly<Record<ResourceType, { readonly path: string; readonly key: string }>> = {
  Users: { path: 'users', key: 'user' },
  Groups: { path: 'groups', key: 'group' },
  ServicePrincipals: { path: 'service-principals', key: 'service_principal' },
};

export type AimReading =
  | { readonly aim: 'on' }
  | { readonly aim: 'off' }
  /** Neither was said. The reason holds no names. */
  | { readonly aim: 'unknown'; readonly reason: string };

/**
 * The part of a Databricks account's identity API that Automatic Identity Management (AIM) needs. It is no SCIM: an
 * account's SCIM token does not open it, and whoever signs in has to be an account admin.
 */
export class IdentityApi {
  readonly #requests: SignedRequests;

  /** @param options.accountUrl scheme and host of the account, such as `https://accounts.azuredatabricks.net` */
  constructor(options: {
    accountUrl: string;
    accountId: string;
    authorization: ScimAuthorization;
    allowInsecureConnection?: boolean;
    userAgent?: string;
  }) {
    const transport = new Transport({
      baseUrl: `${options.accountUrl.replace(/\/$/, '')}/api/2.0/identity/accounts/${options.accountId}`,
      allowInsecureConnection: options.allowInsecureConnection ?? false,
      userAgent: options.userAgent,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    });
    this.#requests = new SignedRequests(transport, options.authorization);
  }

  /**
   * Whether AIM is on. Resolving provisions whomever it finds, so it is asked for an id that nobody has: with AIM that
   * is somebody who is not found, without it an error that says so ("if the customer is not onboarded onto AIM, this
   * returns an error"; which one is a guess).
   *
   * @throws ScimCredentialError, or the reason of an aborted signal
   */
  async probe(options: RequestOptions = {}): Promise<AimReading> {
    try {
      const found = await this.#resolve('Users', randomUUID(), options);
      if (found === undefined) return { aim: 'on' };
      return { aim: 'unknown', reason: 'somebody was found under an id that nobody has' };
    } catch (error) {
      if (isSwitchedOff(error)) return { aim: 'off' };
      if (!(error instanceof Error) || error.name === 'ScimCredentialError') throw error;
      const who = error instanceof ScimError && error.signedBy !== undefined ? `, as ${error.signedBy}` : '';
      return { aim: 'unknown', reason: `${error.message}${who}` };
    }
  }

  /**
   * The SCIM id of whoever has that Entra object id: AIM brings in whom the account does not hold yet. Undefined when
   * AIM knows nobody of that id.
   *
   * @throws ScimError (see {@link isSwitchedOff}), ScimTransportError or ScimCredentialError
   */
  resolve(type: ResourceType, externalId: string, options: RequestOptions = {}): Promise<string | undefined> {
    return this.#resolve(type, externalId, options);
  }

  async #resolve(
    type: ResourceType,
    externalId: string,
    { pace, signal }: RequestOptions,
  ): Promise<string | undefined> {
    const { path, key } = NAMES[type];
    const call: Call = {
      method: 'POST',
      path: `${path}/resolve-by-external-id`,
      body: { external_id: externalId },
      timeoutMs: TIMEOUT_MS,
      signal,
    };
    try {
      const body = await this.#requests.send(call, 'write', pace);
      return idOf(parse(answer, body, call, IDS), key, call);
    } catch (error) {
      if (error instanceof ScimError && isUnknownIdentity(error)) return undefined;
      throw error;
    }
  }
}

/** Whether that answer to a resolve says that the account does not manage its identities automatically. */
export function isSwitchedOff(error: unknown): boolean {
  return error instanceof ScimError && error.status === 400 && error.scimType === 'FEATURE_DISABLED';
}

/** A host that does not have this API answers 404 as well, and that says nothing about AIM. */
function isUnknownIdentity(error: ScimError): boolean {
  const text = `${error.scimType ?? ''} ${error.detail ?? ''}`;
  return error.isMissingResource && !/endpoint|no api found/i.test(text);
}

const answer = z.record(z.string(), z.record(z.string(), z.unknown()));

const IDS = exactIds('internal_id', 'user_id', 'group_id', 'service_principal_id');

function idOf(found: z.infer<typeof answer>, key: string, call: Call): string {
  const { [key]: resource } = found;
  const id = resource?.[`${key}_id`] ?? resource?.internal_id;
  if (typeof id === 'string' && id !== '') return id;
  throw broken(call, 'answer names no id');
}
