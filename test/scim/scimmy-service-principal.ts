import SCIMMY from 'scimmy';

const { Attribute, SchemaDefinition } = SCIMMY.Types;

const definition = new SchemaDefinition(
  'ServicePrincipal',
  'urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal',
  'Service principal, as Databricks has it (Terraform provider, scim/scim.go)',
  [
    new Attribute('string', 'applicationId', { required: true, uniqueness: 'server' }),
    new Attribute('string', 'displayName'),
    new Attribute('boolean', 'active'),
  ],
);

class ServicePrincipalSchema extends SCIMMY.Types.Schema {
  static override get definition() {
    return definition;
  }

  constructor(resource: object, direction = 'both', basepath?: string, filters?: unknown) {
    super(resource, direction);
    const coerce = definition.coerce.bind(definition) as (...args: unknown[]) => object;
    Object.assign(this, coerce(resource, direction, basepath, filters));
  }
}

interface Handlers {
  ingress(resource: ServicePrincipal, instance: object): object;
  egress(resource: ServicePrincipal): object | object[];
  degress(resource: ServicePrincipal): void;
}

const handlers: Partial<Handlers> = {};
let base = '';

/** scimmy has no such resource type; this is one in the manner of its own, all conversions being scimmy's. */
export class ServicePrincipal extends SCIMMY.Types.Resource<ServicePrincipalSchema> {
  static override get endpoint() {
    return '/ServicePrincipals';
  }
  static override get schema() {
    return ServicePrincipalSchema as never;
  }
  // biome-ignore lint/suspicious/noExplicitAny: both a getter and a setter, in scimmy's way
  static override basepath(path?: string): any {
    if (path === undefined) return base;
    base = `${path}${ServicePrincipal.endpoint}`;
    return ServicePrincipal;
  }
  // biome-ignore lint/suspicious/noExplicitAny: scimmy types the handlers by classes that it does not export
  static override ingress(handler: any): any {
    handlers.ingress = handler;
    return ServicePrincipal;
  }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  static override egress(handler: any): any {
    handlers.egress = handler;
    return ServicePrincipal;
  }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  static override degress(handler: any): any {
    handlers.degress = handler;
    return ServicePrincipal;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async read(): Promise<any> {
    const found = (await handlers.egress?.(this)) ?? [];
    if (!Array.isArray(found)) return this.#shown(found);
    return new SCIMMY.Messages.ListResponse(found.map(item => this.#shown(item)) as never, this.constraints);
  }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async write(instance: object): Promise<any> {
    return this.#shown((await handlers.ingress?.(this, new ServicePrincipalSchema(instance, 'in'))) ?? {});
  }
  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async patch(message: any): Promise<any> {
    const patch = new SCIMMY.Messages.PatchOp(message);
    const changed = await patch.apply(await this.read(), async (instance: object) => this.write(instance));
    return changed && this.#shown(changed);
  }
  override async dispose(): Promise<void> {
    await handlers.degress?.(this);
  }

  #shown(item: object): ServicePrincipalSchema {
    return new ServicePrincipalSchema(item, 'out', base, this.attributes);
  }
}
