import type { ExampleTenant } from '../example-tenant/tenant.ts';

interface ScimReference {
  readonly value: string;
}

export interface ScimUser {
  readonly id: string;
  readonly userName: string;
  readonly displayName?: string;
  readonly externalId?: string;
  readonly active: boolean;
  readonly groups?: readonly ScimReference[];
}

export interface ScimGroup {
  readonly id: string;
  readonly displayName: string;
  readonly externalId?: string;
  readonly members?: readonly ScimReference[];
}

/** What the tour needs of the two ends: Graph to write to, SCIM to see it arrive. */
export type TourPlaces = Places;

/** Both ends of the pipeline over HTTP, as an administrator with a token has them. */
export class Places {
  readonly cast: ExampleTenant['cast'];
  readonly domain: string;
  readonly #graphUrl: string;
  readonly #scimUrl: string;
  readonly #token: string;
  graphRequests = 0;
  scimRequests = 0;

  constructor(o: {
    graphUrl: string;
    scimUrl: string;
    token: string;
    cast: ExampleTenant['cast'];
    domain: string;
  }) {
    this.cast = o.cast;
    this.domain = o.domain;
    this.#graphUrl = o.graphUrl;
    this.#scimUrl = o.scimUrl;
    this.#token = o.token;
  }

  /** The address by which Graph refers to an object in a membership. */
  reference(id: string): { readonly '@odata.id': string } {
    return { '@odata.id': `${this.#graphUrl}/directoryObjects/${id}` };
  }

  /** @throws with the method, the path and the status, when Graph refuses. */
  async graph<T>(method: string, path: string, body?: unknown): Promise<T> {
    this.graphRequests += 1;
    return this.#call<T>(this.#graphUrl + path, method, body, 'application/json');
  }

  user(id: string): Promise<ScimUser> {
    return this.#scim<ScimUser>(`/Users/${id}`);
  }

  group(id: string): Promise<ScimGroup> {
    return this.#scim<ScimGroup>(`/Groups/${id}`);
  }

  /** The group that carries the object id. @throws when there is not exactly one. */
  async groupOf(objectId: string): Promise<ScimGroup> {
    return this.#only<ScimGroup>('Groups', `externalId eq "${objectId}"`);
  }

  /** The user of that userPrincipalName. @throws when there is not exactly one. */
  async userNamed(userPrincipalName: string): Promise<ScimUser> {
    return this.#only<ScimUser>('Users', `userName eq "${userPrincipalName}"`);
  }

  async #only<T>(type: string, filter: string): Promise<T> {
    const { Resources = [] } = await this.#scim<{ Resources?: T[] }>(
      `/${type}?filter=${encodeURIComponent(filter)}`,
    );
    const [only, ...more] = Resources;
    if (only === undefined || more.length > 0) throw new Error(`${Resources.length} ${type} match ${filter}`);
    return only;
  }

  async #scim<T>(path: string): Promise<T> {
    this.scimRequests += 1;
    return this.#call<T>(this.#scimUrl + path, 'GET', undefined, 'application/scim+json');
  }

  async #call<T>(url: string, method: string, body: unknown, type: string): Promise<T> {
    const response = await fetch(url, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        Accept: type,
        ...(body === undefined ? {} : { 'Content-Type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(
        `${method} ${new URL(url).pathname} was answered with ${response.status}: ${text.slice(0, 200)}`,
      );
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
