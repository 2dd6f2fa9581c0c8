import SCIMMY from 'scimmy';

const { Attribute, SchemaDefinition } = SCIMMY.Types;

/** A multi-valued attribute whose values are told apart by `value`. */
const values = (name: string): InstanceType<typeof Attribute> =>
  new Attribute('complex', name, { multiValued: true }, [new Attribute('string', 'value')]);

/** What is judged by scimmy: its conversions and its PATCH, with attributes of Databricks that it does not know. */
export const judgedSchemas = {
  servicePrincipal: schema('ServicePrincipal', [
    new Attribute('string', 'applicationId', { required: true }),
    new Attribute('string', 'displayName'),
    new Attribute('boolean', 'active'),
    values('roles'),
    values('entitlements'),
  ]),
  group: schema('Group', [
    new Attribute('string', 'displayName', { required: true }),
    values('members'),
    values('roles'),
    values('entitlements'),
  ]),
} as const;

function schema(name: string, attributes: InstanceType<typeof Attribute>[]) {
  const urn = `urn:ietf:params:scim:schemas:core:2.0:${name}`;
  const definition = new SchemaDefinition(name, urn, name, attributes);
  return class extends SCIMMY.Types.Schema {
    static override get definition() {
      return definition;
    }

    constructor(resource: object, direction = 'both', basepath?: string, filters?: unknown) {
      super(resource, direction);
      const coerce = definition.coerce.bind(definition) as (...args: unknown[]) => object;
      Object.assign(this, coerce(resource, direction, basepath, filters));
    }
  };
}
