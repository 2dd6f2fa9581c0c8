import { acknowledge, broken, check, parse } from './answer.ts';
import type { ScimAuthorization } from './authorization.ts';
import { ScimError } from './errors.ts';
import { canFind, equals } from './filter.ts';
import { listPage, type ResourceByType, type ScimUser, schemaByType } from './resources.ts';
import { SignedRequests } from './signed-requests.ts';
import { type Call, Transport } from './transport.ts';
import {
  PATCH_OP_SCHEMA,
  type PatchOperation,
  RESOURCE_SCHEMA,
  type RequestOptions,
  type ResourceType,
} from './types.ts';

/** The largest page that Databricks' account endpoints give (REST reference, SCIM 2.1). */
const PAGE_SIZE = 100;
/** A list that claims more is not read: who gives it could go on for ever. No account may hold a tenth of it. */
const LARGEST_LIST = 1_000_000;
const DEFAULT_READ_TIMEOUT_MS = 30_000;
const DEFAULT_WRITE_TIMEOUT_MS = 15_000;
/** A group of 10,000 members is about 2 MB. */
const DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

export interface ScimClientOptions {
  /** Up to and including `/scim/v2`. */
  baseUrl: string;
  authorization: ScimAuthorization;
  /** From the first byte sent to the last byte read, and the same again for a token, if need be. Default 30 s. */
  readTimeoutMs?: number;
  /** Default 15 s. An owner starts a write only with more lease than this left. */
  writeTimeoutMs?: number;
  /** Allows `http:`, and even then only to a loopback address. */
  allowInsecureConnection?: boolean;
  /** Put before the SDK's own user agent. */
  userAgent?: string;
  maxResponseBytes?: number;
}

export interface ListOptions extends RequestOptions {
  attributes?: readonly string[];
  excludedAttributes?: readonly string[];
}

/**
 * A client of one SCIM 2.0 endpoint (RFC 7644), in the forms that Databricks takes. It follows no redirects and sends
 * each request once, unless the answer is 401 and there is another token, or the caller has a read tried again: whether
 * a write may be sent again is not for it to decide.
 *
 * Every method throws ScimError (the target refused), ScimTransportError (no usable answer) or ScimCredentialError
 * (no token), or the reason of an aborted signal.
 */
export class ScimClient {
  /** Up to and including `/scim/v2`. */
  readonly baseUrl: string;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly #transport: Transport;
  readonly #requests: SignedRequests;

  constructor(options: ScimClientOptions) {
    this.baseUrl = options.baseUrl;
    this.readTimeoutMs = options.readTimeoutMs ?? DEFAULT_READ_TIMEOUT_MS;
    this.writeTimeoutMs = options.writeTimeoutMs ?? DEFAULT_WRITE_TIMEOUT_MS;
    this.#transport = new Transport({
      baseUrl: options.baseUrl,
      allowInsecureConnection: options.allowInsecureConnection ?? false,
      userAgent: options.userAgent,
      maxResponseBytes: options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    });
    this.#requests = new SignedRequests(this.#transport, options.authorization);
  }

  /** HTTP requests sent so far, of all methods. */
  get requestCount(): number {
    return this.#transport.requestCount;
  }

  /**
   * Creates a resource and gives it as the target stored it. `schemas` is added. A taken name is a ScimError of
   * status 409.
   */
  async create<T extends ResourceType>(
    type: T,
    body: Readonly<Record<string, unknown>>,
    options: RequestOptions = {},
  ): Promise<ResourceByType[T]> {
    const resource = { schemas: [RESOURCE_SCHEMA[type]], ...body };
    const call = this.#call('POST', type, this.writeTimeoutMs, options, resource);
    return parse(schemaByType[type], await this.#requests.send(call, 'write', options.pace), call);
  }

  /** The resource, or undefined when the target answers 404 for it. See {@link ScimError.isMissingResource}. */
  async get<T extends ResourceType>(
    type: T,
    id: string,
    options: RequestOptions = {},
  ): Promise<ResourceByType[T] | undefined> {
    const call = this.#call('GET', resourcePath(type, id), this.readTimeoutMs, options);
    try {
      return parse(schemaByType[type], await this.#read(call, 'get', options), call);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Whoever signs these requests, as a workspace shows him; undefined where there is no such question (RFC 7644 §3.11). */
  async me(options: RequestOptions = {}): Promise<ScimUser | undefined> {
    const call = this.#call('GET', 'Me', this.readTimeoutMs, options);
    try {
      return parse(schemaByType.Users, await this.#read(call, 'get', options), call);
    } catch (error) {
      if (error instanceof ScimError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Every resource whose `attribute` equals `value`. Case is the target's affair: Databricks compares user names
   * without it. What comes back with a plainly different value is left out, so that a target which ignores its
   * filter does not have a stranger taken for the wanted one.
   *
   * @throws RangeError when the type cannot be searched by that attribute (see {@link canFind}): an empty answer would
   *   be taken for "there is none".
   */
  async find<T extends ResourceType>(
    type: T,
    attribute: string,
    value: string,
    options: RequestOptions = {},
  ): Promise<ResourceByType[T][]> {
    if (!canFind(type, attribute)) throw new RangeError(`${type} cannot be searched by ${attribute}`);
    const query = { filter: equals(attribute, value) };
    const found: ResourceByType[T][] = [];
    for await (const page of this.#pages(type, query, options)) {
      found.push(...page.filter(resource => agrees(resource[attribute], value)));
    }
    return found;
  }

  /**
   * All resources of a type, page by page. Ends normally only when the target's own total was reached. A resource
   * that is created or deleted meanwhile may be missed or come twice: absence from this list proves nothing.
   */
  list<T extends ResourceType>(type: T, options: ListOptions = {}): AsyncIterable<ResourceByType[T][]> {
    const query: Record<string, string> = {};
    if (options.attributes) query.attributes = options.attributes.join(',');
    if (options.excludedAttributes) query.excludedAttributes = options.excludedAttributes.join(',');
    return this.#pages(type, query, options);
  }

  /** Applies the operations; none is no request. The answer may be the resource or nothing: versions differ. */
  async patch(
    type: ResourceType,
    id: string,
    operations: readonly PatchOperation[],
    options: RequestOptions = {},
  ): Promise<void> {
    if (operations.length === 0) return;
    const body = { schemas: [PATCH_OP_SCHEMA], Operations: operations };
    const call = this.#call('PATCH', resourcePath(type, id), this.writeTimeoutMs, options, body);
    acknowledge(await this.#requests.send(call, 'patch', options.pace), call);
  }

  /** Deletes the resource. One that is not there is as good as deleted. */
  async delete(type: ResourceType, id: string, options: RequestOptions = {}): Promise<void> {
    const call = this.#call('DELETE', resourcePath(type, id), this.writeTimeoutMs, options);
    try {
      acknowledge(await this.#requests.send(call, 'write', options.pace), call);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async *#pages<T extends ResourceType>(
    type: T,
    query: Readonly<Record<string, string>>,
    options: RequestOptions,
  ): AsyncGenerator<ResourceByType[T][]> {
    let startIndex = 1;
    let previousFirstId: string | undefined;
    for (;;) {
      const call = this.#call('GET', type, this.readTimeoutMs, options);
      call.query = new URLSearchParams({ ...query, startIndex: `${startIndex}`, count: `${PAGE_SIZE}` });
      const page = parse(listPage, await this.#read(call, 'list', options), call);
      if (page.totalResults > LARGEST_LIST) throw broken(call, `list claims ${page.totalResults} resources`);
      const resources = (page.Resources ?? []).map(item => check(schemaByType[type], item, call));
      if (startIndex > page.totalResults) {
        if (resources.length > 0) yield resources;
        return;
      }
      // Deletions are computed from complete lists: a list that breaks off is a failure, not an end.
      const firstId = resources[0]?.id;
      if (firstId === undefined) throw broken(call, `list ends at ${startIndex - 1} of ${page.totalResults}`);
      if (firstId === previousFirstId) throw broken(call, 'list repeats a page');
      yield resources;
      previousFirstId = firstId;
      startIndex += resources.length;
      if (startIndex > page.totalResults) return;
    }
  }

  async #read(call: Call, requestClass: 'get' | 'list', options: RequestOptions): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#requests.send(call, requestClass, options.pace);
      } catch (error) {
        if (options.again === undefined || isNotFound(error)) throw error;
        await options.again(error, tries);
      }
    }
  }

  #call(
    method: Call['method'],
    path: string,
    timeoutMs: number,
    options: RequestOptions,
    body?: unknown,
  ): Call {
    return { method, path, timeoutMs, signal: options.signal, body };
  }
}

/** `Users/123`. @throws RangeError for an id that would address something else than one resource. */
function resourcePath(type: ResourceType, id: string): string {
  if (id === '' || id === '.' || id === '..') throw new RangeError(`not a SCIM id: "${id}"`);
  return `${type}/${encodeURIComponent(id)}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ScimError && error.isMissingResource;
}

function agrees(actual: unknown, wanted: string): boolean {
  if (typeof actual !== 'string') return true;
  const plain = (text: string): string => text.normalize('NFKC').toLowerCase();
  return plain(actual) === plain(wanted);
}
