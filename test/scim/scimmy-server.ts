import type { AddressInfo } from 'node:net';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { ServicePrincipal } from './scimmy-service-principal.ts';
import { handlers, type Stored } from './scimmy-store.ts';

export interface ScimmyServer {
  /** Scheme, host and port. */
  readonly url: string;
  readonly stores: {
    readonly Users: Map<string, Stored>;
    readonly Groups: Map<string, Stored>;
    readonly ServicePrincipals: Map<string, Stored>;
  };
  /** In order of arrival, with the path below the base; what is not below it is here as well. */
  readonly log: { readonly method: string; readonly path: string; readonly body: unknown }[];
  close(): Promise<void>;
}

/**
 * A SCIM server that knows nothing of Databricks or of us, under `path` of a host of its own. One at a time: scimmy
 * keeps what it serves in variables of its module.
 */
export async function startScimmy(options: {
  path: string;
  acceptToken(token: string): boolean;
}): Promise<ScimmyServer> {
  const stores: ScimmyServer['stores'] = {
    Users: new Map(),
    Groups: new Map(),
    ServicePrincipals: new Map(),
  };
  const log: { method: string; path: string; body: unknown }[] = [];
  SCIMMY.Resources.declare(SCIMMY.Resources.User, handlers(stores.Users, 'userName'));
  SCIMMY.Resources.declare(SCIMMY.Resources.Group, handlers(stores.Groups, 'displayName'));
  SCIMMY.Resources.declare(ServicePrincipal, handlers(stores.ServicePrincipals, 'applicationId'));
  const app = express();
  app.use(express.json({ type: ['application/scim+json', 'application/json'], limit: '5mb' }));
  app.use((request, _response, next) => {
    log.push({
      method: request.method,
      path: request.path.startsWith(`${options.path}/`)
        ? request.path.slice(options.path.length)
        : request.path,
      body: request.body as unknown,
    });
    // Express 5 makes the query anew at every look; scimmy-routers, written for 4, turns its numbers into numbers once.
    Object.defineProperty(request, 'query', { value: { ...request.query }, writable: true });
    next();
  });
  const authenticate = (request: express.Request): string => {
    const token = /^Bearer (.+)$/.exec(request.header('Authorization') ?? '')?.[1];
    if (token === undefined || !options.acceptToken(token)) throw new Error('wrong token');
    return 'pipeline';
  };
  app.use(
    options.path,
    new SCIMMYRouters({ type: 'bearer', handler: authenticate }) as unknown as express.Router,
  );
  const server = app.listen(0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stores,
    log,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
