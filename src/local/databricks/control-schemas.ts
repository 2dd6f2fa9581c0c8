import { z } from 'zod';
import { LONGEST_TRANSITION_MS } from './aim.ts';
import type { FaultRule } from './types.ts';

/** Bodies of the control API. What a body leaves out stays as it is. */

const rate = z.number().positive();
const flag = z.boolean();
const milliseconds = z.number().int().min(0);
const rates = { get: rate, list: rate, patch: rate, write: rate, assignment: rate };
const groupRates = { groupPatch: rate, groupDelete: rate };

export const limitsBody = z.union([
  z.literal('off'),
  z
    .strictObject({
      ...rates,
      ...groupRates,
      readsTogether: flag,
      retryAfter: z.enum(['seconds', 'none']),
      body: z.enum(['own', 'html', 'empty']),
      window: z.enum(['bucket', 'fixed', 'sliding']),
      hidden: z.number().positive().max(1),
    })
    .partial(),
]);

export const secondClientBody = z.strictObject({ ...rates, ...groupRates }).partial();

const pattern = z.string().refine(isPattern, 'not a regular expression');

const faultBody = z
  .strictObject({
    method: z.string().toUpperCase().optional(),
    path: pattern.optional(),
    sends: pattern.optional(),
    status: z.number().int().min(200).max(599).optional(),
    body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    contentType: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    times: z.union([z.number().int().positive(), z.literal('always')]).default(1),
    after: z.number().int().min(0).optional(),
    applied: flag.optional(),
    reset: flag.optional(),
    hangMs: milliseconds.optional(),
  })
  .refine(
    ({ status, reset, hangMs }) => status !== undefined || reset || hangMs !== undefined,
    'a fault has a status, a reset or a hangMs',
  )
  .transform(
    ({ path, sends, times, ...rule }): FaultRule => ({
      ...rule,
      ...(path !== undefined && { path: new RegExp(path) }),
      ...(sends !== undefined && { sends: new RegExp(sends) }),
      times: times === 'always' ? Number.POSITIVE_INFINITY : times,
    }),
  );

export const faultsBody = z.array(faultBody);

export const behaviourBody = z
  .strictObject({
    readLagMs: milliseconds.max(60_000),
    steadyLag: flag,
    staleFirstReads: flag,
    listsMembers: flag,
    removeMembersWithValue: z.enum(['removeAll', 'removeListed']),
    entitlements: z.enum(['ignored', 'kept']),
  })
  .partial();

const cap = z.number().int().min(0);
export const capsBody = z
  .strictObject({
    principals: cap,
    groups: cap,
    membershipsPerIdentity: cap,
    nestingDepth: cap,
    membersAtCreate: cap,
  })
  .partial();

/** Of everybody, in place of what was there. */
export const callersBody = z.record(
  z.string(),
  z.strictObject({ admin: flag, joined: flag, id: z.string() }).partial(),
);

export const tokensBody = z.array(z.string().min(1));

const identityBody = z.strictObject({
  type: z.enum(['Users', 'Groups', 'ServicePrincipals']),
  userName: z.string().optional(),
  displayName: z.string().optional(),
  applicationId: z.string().optional(),
  members: z.array(z.string()).optional(),
  name: z.strictObject({ givenName: z.string(), familyName: z.string() }).partial().optional(),
});

export const aimBody = z
  .strictObject({
    on: flag,
    scimEnforced: flag,
    hidesUnused: flag,
    transitionMs: milliseconds.max(LONGEST_TRANSITION_MS),
    directory: z.record(z.string(), identityBody),
  })
  .partial();

export const oauthClientsBody = z.record(
  z.string(),
  z.strictObject({ secrets: z.array(z.string().min(1)), admin: flag.default(true) }),
);

export const scimTokenBody = z.strictObject({ overlapMs: milliseconds.default(0) });

export const federationBody = z.strictObject({ federated: flag });

export const workspaceBody = z
  .strictObject({
    id: z.string().regex(/^\d{1,18}$/, 'an id is digits'),
    name: z.string().min(1),
    federated: flag,
    port: z.number().int().min(0).max(65_535),
    unsettledForMs: milliseconds,
  })
  .partial();

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
