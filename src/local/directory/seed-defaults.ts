import { randomUUID } from 'node:crypto';
import type { SeedDevice, SeedGroup, SeedServicePrincipal, SeedUser } from './types.ts';

type Stored = Record<string, unknown>;

const ROLE = {
  allowedMemberTypes: ['User', 'Application'],
  description: null,
  displayName: null,
  isEnabled: true,
  origin: 'Application',
  value: null,
};

/** What objects have when their creator does not say. */
export const withDefaults = {
  user: (user: SeedUser): Stored => ({
    accountEnabled: true,
    userType: 'Member',
    displayName: user.userPrincipalName,
    ...user,
  }),
  group: (group: SeedGroup): Stored => ({
    securityEnabled: true,
    mailEnabled: false,
    visibility: null,
    groupTypes: [],
    ...group,
  }),
  servicePrincipal: ({ appRoles = [], ...sp }: SeedServicePrincipal): Stored => ({
    appId: randomUUID(),
    accountEnabled: true,
    servicePrincipalType: 'Application',
    appRoles: appRoles.map(role => ({ ...ROLE, ...role })),
    ...sp,
  }),
  device: (device: SeedDevice): Stored => ({
    accountEnabled: true,
    deviceId: randomUUID(),
    ...device,
  }),
} as const;
