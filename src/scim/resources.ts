import { z } from 'zod';
import type { ResourceType } from './types.ts';

/**
 * Resources as a target sends them. Every attribute but `id` may be missing (projections leave them out, Databricks
 * leaves out what is empty), unknown attributes are kept, and `null` reads as missing.
 */

/** Ids are opaque. A number beyond 2^53 has lost digits by the time we see it, and is refused. */
const scimId = z.union([z.string().min(1), z.int()]).transform(String);

const text = z
  .string()
  .nullish()
  .transform(value => value ?? undefined);

/** Databricks clients send, and some back ends echo, booleans as strings of any case. */
const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })])
  .nullish()
  .transform(value => value ?? undefined);

function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform(value => value ?? undefined);
}

const reference = z.looseObject({ value: scimId, $ref: text, display: text });
const plainValue = z.looseObject({ value: z.string() });

const common = {
  id: scimId,
  externalId: text,
  displayName: text,
  roles: listOf(plainValue),
  /** Workspaces have them, accounts do not. */
  entitlements: listOf(plainValue),
  groups: listOf(reference),
  meta: z.looseObject({ resourceType: text }).nullish(),
};

const scimUser = z.looseObject({
  ...common,
  userName: text,
  active: flag,
  name: z
    .looseObject({ givenName: text, familyName: text })
    .nullish()
    .transform(value => value ?? undefined),
  emails: listOf(z.looseObject({ value: text, type: text, primary: flag })),
});
export type ScimUser = z.infer<typeof scimUser>;

const scimGroup = z.looseObject({ ...common, members: listOf(reference) });
export type ScimGroup = z.infer<typeof scimGroup>;

const scimServicePrincipal = z.looseObject({ ...common, applicationId: text, active: flag });
export type ScimServicePrincipal = z.infer<typeof scimServicePrincipal>;

export interface ResourceByType {
  Users: ScimUser;
  Groups: ScimGroup;
  ServicePrincipals: ScimServicePrincipal;
}

/**
 * The type of a member or parent, from its `$ref`: `Groups/123`, or a URL that ends so (Terraform provider,
 * scim/data_group.go). Undefined when the target does not say.
 */
export function typeOfReference(reference: { readonly $ref?: string }): ResourceType | undefined {
  return REFERENCE.exec(reference.$ref ?? '')?.[1] as ResourceType | undefined;
}

const REFERENCE = /(?:^|\/)(Users|Groups|ServicePrincipals)\/[^/]+$/;

export const schemaByType: { readonly [T in ResourceType]: z.ZodType<ResourceByType[T]> } = {
  Users: scimUser,
  Groups: scimGroup,
  ServicePrincipals: scimServicePrincipal,
};

/** One page of a list. `Resources` is missing when the page is empty. */
export const listPage = z.looseObject({
  totalResults: z.int().min(0),
  Resources: listOf(z.unknown()),
});
