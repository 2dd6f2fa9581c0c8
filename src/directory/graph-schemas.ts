import { z } from 'zod';

/** The parts of Graph's answers that are read. Ids are opaque strings: documented samples hold ids that are no GUIDs. */

const id = z.string().min(1).max(128);
const text = z
  .string()
  .nullish()
  .transform(v => v ?? null);

/** Asked for, so it is there. Were a missing one, or a null, read as false, an answer that is cut would disable people. */
const accountEnabled = z.boolean();
const properties = z.record(z.string(), z.unknown());

export const user = z.preprocess(
  beside,
  z.object({
    id,
    userPrincipalName: z.string().min(1),
    displayName: text,
    givenName: text,
    surname: text,
    accountEnabled,
    userType: text,
    properties,
  }),
);

export const group = z.preprocess(
  beside,
  z.object({
    id,
    displayName: text,
    visibility: text,
    securityEnabled: z.boolean(),
    mailEnabled: z
      .boolean()
      .nullish()
      .transform(v => v ?? null),
    groupTypes: z.array(z.string()),
    createdDateTime: text,
    properties,
  }),
);

export const servicePrincipal = z.preprocess(
  beside,
  z.object({
    id,
    appId: z.string().min(1),
    displayName: text,
    accountEnabled,
    servicePrincipalType: text,
    properties,
  }),
);

/** Puts the whole object beside the properties that are known by name. */
function beside(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const plain = Object.entries(body).filter(([name]) => !name.includes('@'));
  return { ...body, properties: Object.fromEntries(plain) };
}

/** An object of any kind in a list of directory objects. */
export const directoryObject = z.object({
  '@odata.type': z.string(),
  id,
  accountEnabled: z.boolean().nullish(),
  visibility: z.string().nullish(),
  securityEnabled: z.boolean().nullish(),
});

export const nestedGroup = directoryObject.pick({ id: true, visibility: true, securityEnabled: true });

export const deletedObject = z.object({ id, deletedDateTime: text });

export const enterpriseApplication = z.object({
  id,
  appId: z.string().min(1),
  displayName: text,
  appRoles: z.array(z.object({ id: z.string().min(1), value: text })),
});

export const appRoleAssignment = z.object({
  id: z.string().min(1).max(256),
  appRoleId: z.string().min(1),
  principalId: id,
  principalType: z.string(),
  resourceId: id,
});

/** A page of them: of one group a second one is hardly ever needed. */
export const appRoleAssignments = z.object({
  value: z.array(appRoleAssignment),
  '@odata.nextLink': z.string().optional(),
});

const removed = z.object({ reason: z.string() });

/** One item of a delta answer. What was not selected, or did not change, is absent. */
export const deltaItem = z.object({
  id,
  '@removed': removed.optional(),
  accountEnabled: z.boolean().nullish(),
  userPrincipalName: z.string().nullish(),
  'members@delta': z
    .array(z.object({ '@odata.type': z.string().optional(), id, '@removed': removed.optional() }))
    .optional(),
});
export type DeltaItem = z.infer<typeof deltaItem>;

export const subscription = z
  .object({
    id,
    resource: z.string(),
    changeType: z.string(),
    notificationUrl: z.string(),
    lifecycleNotificationUrl: text,
    expirationDateTime: z
      .string()
      .transform(Date.parse)
      .refine(at => !Number.isNaN(at), 'a date'),
  })
  .transform(({ expirationDateTime, ...rest }) => ({ ...rest, expiresAt: expirationDateTime }));

export const checkMemberGroups = z.object({ value: z.array(z.string()) });

/** One page of a collection. The items are checked by whoever asked. */
export const page = z.object({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});

export const batchAnswer = z.object({
  responses: z.array(
    z.object({
      id: z.string(),
      status: z.number().int(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown(),
    }),
  ),
});

/** The documented error body. `innerError` differs from service to service and is not read. */
export const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

export const idList = z.object({ value: z.array(z.object({ id })) });
