import { z } from 'zod';

const permission = z.enum(['USER', 'ADMIN']);

/** What we assigned a resource to, see KnownAssignment. */
export const storedAssignment = z.object({
  scimId: z.string(),
  permission: permission.optional(),
  ours: z.boolean(),
  replacedUser: z.boolean().optional(),
  intent: z.object({ permission: permission.optional(), at: z.number(), epoch: z.number() }).optional(),
  uncertain: z.boolean().optional(),
  writtenAt: z.number().optional(),
});
export type StoredAssignment = z.infer<typeof storedAssignment>;
