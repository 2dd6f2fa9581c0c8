/**
 * What can go wrong between us and a SCIM target. Messages name the request, never an attribute value: they are
 * written to logs and dead letters. What the target said is in `detail`, which neither `inspect` nor JSON prints.
 */

/** `Users`, or `Users/123`: never a query, which would carry the value of a filter. */
export type ResourcePath = string;

/** The target answered, and not with success. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  /** `scimType`, or the `error_code` of the platform's own error bodies. As the target sent it. */
  readonly scimType: string | undefined;
  /** The least wait the target asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly method: string;
  readonly path: ResourcePath;
  /** False when the body was not JSON, so that a proxy, a gateway or a wrong address may be what answered. */
  readonly structured: boolean;
  /** Of a 401 or 403: who was refused (see Signature.by). Of a 401, everyone that was tried. */
  signedBy: string | undefined;
  readonly #detail: string | undefined;

  constructor(options: {
    method: string;
    path: ResourcePath;
    status: number;
    scimType?: string;
    detail?: string;
    retryAfterMs?: number;
    structured?: boolean;
  }) {
    // Some back ends put prose into scimType, and prose may name a person.
    const code = /^[A-Za-z_]{1,64}$/.test(options.scimType ?? '') ? ` ${options.scimType}` : '';
    super(`SCIM ${options.method} ${options.path}: ${options.status}${code}`);
    this.method = options.method;
    this.path = options.path;
    this.status = options.status;
    this.scimType = options.scimType;
    this.retryAfterMs = options.retryAfterMs;
    this.structured = options.structured ?? true;
    this.#detail = options.detail;
  }

  /** The target's own words. May hold personal data: for matching and for the operator's eyes, not for logs. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /**
   * Whether this says that the resource is not there. A 404 for the endpoint, or from something before the SCIM
   * service, says nothing about it: taken for an answer, a wrong address would look like an emptied target.
   */
  get isMissingResource(): boolean {
    return this.status === 404 && this.structured && !/endpoint not supported/i.test(this.#detail ?? '');
  }
}

/** No usable answer came. */
export class ScimTransportError extends Error {
  override readonly name = 'ScimTransportError';
  /** `protocol`: an answer came, but it is not SCIM, is too large, or is a list that breaks off. */
  readonly kind: 'timeout' | 'network' | 'protocol';
  /** Whether the target may have done what was asked. False for reads and for what never left this machine. */
  readonly mayHaveApplied: boolean;
  readonly method: string;
  readonly path: ResourcePath;

  constructor(options: {
    kind: 'timeout' | 'network' | 'protocol';
    method: string;
    path: ResourcePath;
    mayHaveApplied: boolean;
    reason?: string;
  }) {
    const reason = options.reason === undefined ? '' : ` (${options.reason})`;
    super(`SCIM ${options.method} ${options.path}: ${options.kind}${reason}`);
    this.kind = options.kind;
    this.method = options.method;
    this.path = options.path;
    this.mayHaveApplied = options.mayHaveApplied;
  }
}

/**
 * No token could be had, so nothing was sent. There is no cause: what the libraries throw holds the requests and answers
 * in which the secrets are.
 */
export class ScimCredentialError extends Error {
  override readonly name = 'ScimCredentialError';
  /** What the token endpoint, or the vault, answered, if it did. */
  readonly status: number | undefined;
  /** True when somebody said no, so that trying again at once is of no use; false when nobody answered. */
  readonly refused: boolean;
  /** The least wait that was asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(options: { status?: number; reason?: string; refused?: boolean; retryAfterMs?: number }) {
    const { status, reason } = options;
    const said = [status, reason].filter(part => part !== undefined).join(' ');
    super(`no access token for the target${said === '' ? '' : `: ${said}`}`);
    this.status = status;
    const isRefusal = status !== undefined && status >= 300 && status < 500 && ![408, 429].includes(status);
    this.refused = options.refused ?? isRefusal;
    this.retryAfterMs = options.retryAfterMs;
  }
}
