import { z } from 'zod';

/** What is provisioned from Entra ID. Managed identities are service principals. */
export const principalKind = z.enum(['user', 'group', 'servicePrincipal']);
export type PrincipalKind = z.infer<typeof principalKind>;

/**
 * A principal, named by its kind and its Entra object id. The id is an opaque string: documented samples hold ids
 * that are no GUIDs, so only emptiness, length and characters that table keys forbid are refused.
 */
export const principal = z.object({
  kind: principalKind,
  id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^/\\#?|\p{Cc}]+$/u, 'an Entra object id without / \\ # ? | or control characters'),
});
export type Principal = z.infer<typeof principal>;

/** `user:1f0c…`: the form in which a principal appears in logs, rows and lock names. */
export function principalKey(p: Principal): string {
  return `${p.kind}:${p.id}`;
}
