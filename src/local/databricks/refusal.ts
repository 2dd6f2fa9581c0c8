import type { ResourceType } from './types.ts';

/** A request that is refused: what both error shapes are made of. */
export class Refusal extends Error {
  readonly status: number;
  readonly detail: string;
  readonly scimType: string | undefined;
  /** The platform's `error_code`. */
  readonly code: string;
  /** Operations of the same PATCH that came earlier stay applied. */
  readonly keepsEarlier: boolean;

  constructor(
    status: number,
    detail: string,
    options: { scimType?: string; code?: string; keepsEarlier?: boolean } = {},
  ) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.scimType = options.scimType;
    this.code = options.code ?? CODES[status] ?? 'INTERNAL_ERROR';
    this.keepsEarlier = options.keepsEarlier ?? false;
  }
}

/** Guess, except 409 and 429: which code goes with which status of the SCIM API is not documented. */
const CODES: Record<number, string> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  405: 'METHOD_NOT_ALLOWED',
  409: 'RESOURCE_ALREADY_EXISTS',
  413: 'MAX_REQUEST_SIZE_EXCEEDED',
  429: 'REQUEST_LIMIT_EXCEEDED',
  500: 'INTERNAL_ERROR',
  501: 'NOT_IMPLEMENTED',
};

const NOUN: Record<ResourceType, string> = {
  Users: 'User',
  Groups: 'Group',
  ServicePrincipals: 'Service principal',
};

/** WSO2 Charon's text, which Databricks' SCIM service shares other texts with. */
export const unauthenticated = (): Refusal =>
  new Refusal(401, 'Authorization failure. The authorization header is invalid or missing.');

/** WSO2 Charon's text. Guess: what an account SCIM token meets outside the one API that it is for. */
export const notPermitted = (): Refusal =>
  new Refusal(403, 'Operation is not permitted based on the supplied authorization.');

/** terraform-provider-databricks, changelog entry of its issue 821. @param path of the URL. */
export const adminsOnly = (path: string): Refusal =>
  new Refusal(403, `${path.replace(/^\/api/, '')} is only accessible by admins`);

/** terraform-provider-databricks issue 2715. */
export const notInWorkspace = (workspace: string): Refusal =>
  new Refusal(403, `Unauthorized access to Org: ${workspace}`);

/** terraform-provider-databricks issue 1918. */
export const noEndpoint = (): Refusal =>
  new Refusal(404, 'Endpoint not supported.', { code: 'ENDPOINT_NOT_FOUND' });

/** databricks-sdk-py tests/test_errors.py has it for groups. Guess: the same for the others. */
export const notFound = (type: ResourceType, id: string): Refusal =>
  new Refusal(404, `${NOUN[type]} with id ${id} is not found`);

/** terraform-provider-databricks resource_user.go, and its issue 2500 for the note. */
export const userExists = (userName: string): Refusal =>
  new Refusal(
    409,
    `User with email ${userName} already exists in this account. Note: emails are case insensitive ` +
      '(i.e abc@domain.com and ABC@DOMAIN.COM are considered equivalent)',
  );

/** terraform-provider-databricks resource_user.go: workspaces say it so. */
export const userExistsInWorkspace = (userName: string): Refusal =>
  new Refusal(409, `User with username ${userName} already exists.`);

/** databrickslabs/migrate issue 7; terraform-provider-databricks resource_group.go. */
export const groupExists = (displayName: string): Refusal =>
  new Refusal(409, `Group with name ${displayName} already exists.`);

/** terraform-provider-databricks resource_service_principal.go. */
export const servicePrincipalExists = (applicationId: string): Refusal =>
  new Refusal(409, `Service principal with application ID ${applicationId} already exists.`);

/** WSO2 Charon, PatchOperationUtil.java; seen at Databricks by terraform-provider-databricks. */
export const noSuchAttribute = (name: string): Refusal =>
  new Refusal(400, `No such attribute with the name : ${name} in the current resource`, {
    scimType: 'invalidPath',
  });

/** kb.databricks.com, "members-not-supported-scim-provisioning-failure": what is wrong stands in scimType. */
export const notSupportedHere = (attribute: 'Members' | 'Groups'): Refusal =>
  new Refusal(400, 'Request is unparsable, syntactically incorrect, or violates schema.', {
    scimType: `${attribute} attribute not supported for current workspace.`,
  });

/** terraform-provider-databricks issue 1866; WSO2 Charon, GroupResourceManager.java. */
export const failedPatch = (type: ResourceType): Refusal =>
  new Refusal(
    500,
    `Error in performing the patch operation on ${type === 'Groups' ? 'group' : 'user'} resource.`,
  );

export const invalid = (scimType: string, detail: string): Refusal => new Refusal(400, detail, { scimType });

/** databricks-sdk-py and terraform-provider-databricks know the text; SCIM 2.1 reference the code. */
export const invalidFilter = (detail = 'Given filter operator is not supported'): Refusal =>
  new Refusal(400, detail, { scimType: 'invalidFilter', code: 'INVALID_FILTER' });
