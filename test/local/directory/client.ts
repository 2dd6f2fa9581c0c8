import { Client, type Context, HTTPMessageHandler, type Middleware } from '@microsoft/microsoft-graph-client';
import { type LocalDirectory, startDirectory } from '../../../src/local/directory/directory.ts';
import type { DirectorySeed } from '../../../src/local/directory/types.ts';

const TOKEN = 'a-token';
export const TENANT = '7d96d549-841b-4092-9c09-89abae4c860c';

/** The SDK's own handler sends tokens to Graph's https hosts only. */
class Authorize implements Middleware {
  #next: Middleware | undefined;
  async execute(context: Context): Promise<void> {
    const headers = new Headers(context.options?.headers);
    headers.set('Authorization', `Bearer ${TOKEN}`);
    context.options = { ...context.options, headers };
    await this.#next?.execute(context);
  }
  setNext(next: Middleware): void {
    this.#next = next;
  }
}

/** A directory and the real SDK in front of it. */
export interface Tenant extends AsyncDisposable {
  directory: LocalDirectory;
  client: Client;
  /** The link of an answer in the form that the SDK takes. */
  relative(link: string): string;
}

export async function startTenant(seed: DirectorySeed = {}): Promise<Tenant> {
  const directory = await startDirectory({ tenantId: TENANT, acceptToken: token => token === TOKEN, seed });
  const client = Client.initWithMiddleware({
    baseUrl: directory.url,
    middleware: [new Authorize(), new HTTPMessageHandler()],
  });
  return {
    directory,
    client,
    relative: link => link.slice(`${directory.url}/v1.0`.length),
    [Symbol.asyncDispose]: () => directory.close(),
  };
}

/** All items of a collection, page by page. */
export async function all(tenant: Tenant, path: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let next: string | undefined = path; next; ) {
    const page: { value: Record<string, unknown>[]; '@odata.nextLink'?: string } = await tenant.client
      .api(next)
      .get();
    found.push(...page.value);
    next = page['@odata.nextLink'] && tenant.relative(page['@odata.nextLink']);
  }
  return found;
}

/** Waits until `condition` holds; fails the test when it does not within five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error('the awaited condition did not come about');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

export const newUser = (userPrincipalName: string): object => ({
  accountEnabled: true,
  displayName: userPrincipalName,
  mailNickname: 'someone',
  passwordProfile: { password: 'x' },
  userPrincipalName,
});

/** For lists whose order Graph does not promise. */
export function sorted(values: readonly unknown[]): string[] {
  return values.map(String).toSorted((a, b) => (a < b ? -1 : 1));
}
