import { z } from 'zod';
import { ConfigurationError } from '../identity/errors.ts';
import { acknowledge, broken, parse } from '../scim/answer.ts';
import type { ScimAuthorization } from '../scim/authorization.ts';
import { ScimError } from '../scim/errors.ts';
import { SignedRequests } from '../scim/signed-requests.ts';
import { type Call, Transport } from '../scim/transport.ts';
import type { RequestOptions, ResourceType } from '../scim/types.ts';
import { exactIds } from './exact-ids.ts';

export const workspacePermissions = ['USER', 'ADMIN'] as const;
export type WorkspacePermission = (typeof workspacePermissions)[number];

/** Somebody of the account who may work in a workspace. */
export interface AssignedPrincipal {
  /** The SCIM id. */
  readonly principalId: string;
  readonly type: ResourceType;
  readonly permission: WorkspacePermission;
}

const TIMEOUT_MS = 15_000;
/** Thousands of assignments are less than a megabyte. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

const assigned = z.looseObject({
  permissions: z.array(z.string()).nullish(),
  principal: z
    .looseObject({
      principal_id: z.string(),
      user_name: z.string().nullish(),
      group_name: z.string().nullish(),
      service_principal_name: z.string().nullish(),
    })
    .nullish(),
  error: z.string().nullish(),
});
const assignmentList = z.looseObject({ permission_assignments: z.array(assigned).nullish() });

/**
 * Workspace permission assignments of one account: who of it may work in which workspace
 * (`/api/2.0/accounts/{account}/workspaces/{workspace}/permissionassignments`; databricks-sdk-go, service/iam/impl.go).
 * No part of SCIM, and closed to SCIM tokens. Each request is sent once, unless the answer is 401 and there is another
 * token.
 *
 * Every method throws ScimError (refused), ScimTransportError (no usable answer) or ScimCredentialError (no token).
 */
export class WorkspaceAssignments {
  readonly #requests: SignedRequests;

  /** @param options.host of the account console, without a path. */
  constructor(options: {
    host: string;
    accountId: string;
    authorization: ScimAuthorization;
    allowInsecureConnection?: boolean;
    userAgent?: string;
  }) {
    const { accountId } = options;
    if (!/^[A-Za-z0-9-]+$/.test(accountId)) throw new ConfigurationError('Databricks account id: a GUID');
    const transport = new Transport({
      baseUrl: `${options.host.replace(/\/$/, '')}/api/2.0/accounts/${accountId}`,
      allowInsecureConnection: options.allowInsecureConnection ?? false,
      userAgent: options.userAgent,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    });
    this.#requests = new SignedRequests(transport, options.authorization);
  }

  /** Everybody who is assigned to the workspace. A list, so that it cannot tell "nobody" from "not yet shown". */
  async list(workspaceId: string, options: RequestOptions = {}): Promise<AssignedPrincipal[]> {
    const call = this.#call('GET', pathOf(workspaceId), options);
    const body = parse(assignmentList, await this.#read(call, options), call, IDS);
    return (body.permission_assignments ?? []).flatMap(({ permissions, principal }) => {
      const permission = strongest(permissions ?? []);
      if (permission === undefined || principal === null || principal === undefined) return [];
      const type = principal.group_name
        ? 'Groups'
        : principal.service_principal_name
          ? 'ServicePrincipals'
          : 'Users';
      return [{ principalId: principal.principal_id, type, permission }];
    });
  }

  /** Gives exactly this permission, in the place of another one. */
  async assign(
    workspaceId: string,
    principalId: string,
    permission: WorkspacePermission,
    options: RequestOptions = {},
  ): Promise<void> {
    // A list of permissions without a known one would take all of them away.
    const call = this.#call('PUT', pathOf(workspaceId, principalId), options, { permissions: [permission] });
    const body = await this.#requests.send(call, 'write', options.pace);
    if (body.trim() === '') return;
    const { error, permissions } = parse(assigned, body, call, IDS);
    const isRefused = typeof error === 'string' && error !== '';
    if (isRefused || (permissions && strongest(permissions) !== permission))
      throw broken(call, 'the assignment was answered and not made');
  }

  /** Takes the assignment away. One that is not there is as good as taken away. */
  async remove(workspaceId: string, principalId: string, options: RequestOptions = {}): Promise<void> {
    const call = this.#call('DELETE', pathOf(workspaceId, principalId), options);
    try {
      acknowledge(await this.#requests.send(call, 'write', options.pace), call);
    } catch (error) {
      if (!(error instanceof ScimError) || !error.isMissingResource) throw error;
    }
  }

  async #read(call: Call, { pace, again }: RequestOptions): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#requests.send(call, 'list', pace);
      } catch (error) {
        if (again === undefined) throw error;
        await again(error, tries);
      }
    }
  }

  #call(
    method: Call['method'],
    path: string,
    { signal }: RequestOptions,
    body?: Readonly<Record<string, unknown>>,
  ): Call {
    return { method, path, timeoutMs: TIMEOUT_MS, signal, body };
  }
}

/** ADMIN takes precedence, and other values are ignored (databricks-sdk-go, service/iam/model.go). */
function strongest(permissions: readonly string[]): WorkspacePermission | undefined {
  if (permissions.includes('ADMIN')) return 'ADMIN';
  return permissions.includes('USER') ? 'USER' : undefined;
}

function pathOf(workspaceId: string, principalId?: string): string {
  const base = `workspaces/${encodeURIComponent(workspaceId)}/permissionassignments`;
  return principalId === undefined ? base : `${base}/principals/${encodeURIComponent(principalId)}`;
}

const IDS = exactIds('principal_id');
