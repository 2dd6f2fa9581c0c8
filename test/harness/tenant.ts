import { randomUUID } from 'node:crypto';
import type { DirectorySeed, SeedGroup, SeedUser } from '../../src/local/directory/types.ts';

export const APPLICATION = randomUUID();

/** A user to seed: `user('ada')` is ada@contoso.com. */
export function user(alias: string, more: Partial<SeedUser> = {}): SeedUser & { id: string } {
  return {
    id: randomUUID(),
    userPrincipalName: `${alias}@contoso.com`,
    displayName: alias,
    givenName: alias,
    surname: 'Contoso',
    mail: `${alias}@contoso.com`,
    accountEnabled: true,
    userType: 'Member',
    ...more,
  };
}

export function users(count: number, prefix = 'user'): (SeedUser & { id: string })[] {
  return Array.from({ length: count }, (_, i) => user(`${prefix}${i}`));
}

export function group(displayName: string, members: readonly string[] = []): SeedGroup & { id: string } {
  return { id: randomUUID(), displayName, securityEnabled: true, members };
}

/** Groups of `size` each. Every next one begins ten people further on; after the last person comes the first again. */
export function overlappingGroups(
  people: readonly { readonly id: string }[],
  count: number,
  size: number,
): ReturnType<typeof group>[] {
  return Array.from({ length: count }, (_, index) =>
    group(
      `group ${index}`,
      Array.from({ length: size }, (_member, n) => people[(index * 10 + n) % people.length]?.id ?? ''),
    ),
  );
}

/** A tenant with the enterprise application, to which `assigned` are assigned. */
export function tenant(seed: DirectorySeed & { assigned: readonly string[] }): DirectorySeed {
  const { assigned, ...rest } = seed;
  return {
    ...rest,
    servicePrincipals: [
      ...(seed.servicePrincipals ?? []),
      { id: APPLICATION, appId: randomUUID(), displayName: 'Databricks' },
    ],
    assignments: [
      ...(seed.assignments ?? []),
      ...assigned.map(principalId => ({ principalId, resourceId: APPLICATION })),
    ],
  };
}
