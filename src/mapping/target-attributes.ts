import type { PrincipalKind } from '../identity/principal.ts';

/** An attribute of a Databricks resource that a mapping may name. */
export interface TargetAttribute {
  /** As mappings name it: its SCIM path. */
  readonly path: string;
  /** As the engine names it in flat attributes. */
  readonly key: string;
  /** `values`: a multi-valued attribute, of which each declared value is a flat boolean of its own. */
  readonly type: 'string' | 'boolean' | 'values';
  /** `create`: the target keeps what it was created with. `never`: it may only serve for matching. */
  readonly writable: 'always' | 'create' | 'never';
  /** No resource is created without it. */
  readonly required: boolean;
  /** Whether it names one resource of the target, so that an existing one may be found by it. */
  readonly matchable: boolean;
  /** The source attribute that it follows without a rule, and that no rule may replace. */
  readonly follows?: string;
  /** Why it may not be mapped freely, for error texts. */
  readonly reason?: string;
  /** Greatest length in UTF-16 units. Which unit Databricks counts is a guess: the one that refuses first. */
  readonly maxLength?: number;
}

const text = (path: string, more: Partial<TargetAttribute> = {}): TargetAttribute => ({
  path,
  key: path,
  type: 'string',
  writable: 'always',
  required: false,
  matchable: false,
  ...more,
});

const id = text('id', {
  writable: 'never',
  matchable: true,
  reason: 'the target makes it; it may match, and is never written',
});

const externalId = text('externalId', {
  required: true,
  matchable: true,
  follows: 'objectId',
  // "Patch account group" reference.
  maxLength: 64,
  reason:
    'it always holds the Entra object id: anything else leads to duplicates when Automatic Identity Management is switched on',
});

const active = text('active', {
  type: 'boolean',
  required: true,
  follows: 'IsSoftDeleted',
  reason:
    'it says whether somebody may sign in, and follows IsSoftDeleted alone; policies under lifecycle change when',
});

const values = (path: string): TargetAttribute => text(path, { type: 'values' });

/** What Databricks keeps of each kind (SDK model and Terraform provider; account SCIM 2.1 reference). */
const attributes: Readonly<Record<PrincipalKind, readonly TargetAttribute[]>> = {
  user: [
    id,
    text('userName', {
      writable: 'create',
      required: true,
      matchable: true,
      reason: 'Databricks ignores changes of it',
    }),
    text('displayName'),
    text('name.givenName', { key: 'givenName' }),
    text('name.familyName', { key: 'familyName' }),
    text('emails[type eq "work"].value', {
      key: 'email',
      writable: 'create',
      reason: 'Databricks ignores changes of it, and refuses one that differs from userName',
    }),
    active,
    externalId,
    values('roles'),
    values('entitlements'),
  ],
  group: [
    id,
    text('displayName', { required: true, matchable: true, maxLength: 255 }),
    externalId,
    values('roles'),
    values('entitlements'),
  ],
  servicePrincipal: [
    id,
    text('applicationId', {
      writable: 'create',
      required: true,
      matchable: true,
      follows: 'appId',
      reason: 'it is the application id of the service principal: another one would be another identity',
    }),
    text('displayName'),
    active,
    externalId,
    values('roles'),
    values('entitlements'),
  ],
};

/** All attributes of a kind, for documentation and error texts. */
export function targetAttributes(kind: PrincipalKind): readonly TargetAttribute[] {
  return attributes[kind];
}

/** Undefined when Databricks keeps no such attribute, or when it is not for mappings: see `whyNoTarget`. */
export function targetAttribute(kind: PrincipalKind, path: string): TargetAttribute | undefined {
  return attributes[kind].find(attribute => attribute.path === path);
}

/** Paths that people bring along from other set-ups, and why they are refused here. First match wins. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [
    /^members(\W|$)/i,
    'members are implicit: the members of a group are always provisioned, how is said under scope.nestedGroups',
  ],
  [/^groups(\W|$)/i, 'memberships are written at the group, from its members in Entra ID'],
  [/^(schemas|meta)(\W|$)/i, 'the target makes it'],
  [/^password$/i, 'passwords are not provisioned: people sign in through Entra ID'],
  [
    /^(roles|entitlements)\W/i,
    'single values are not mapped: map roles or entitlements as a whole and list the values that may be given under values',
  ],
  [
    /^emails(\W|$)/i,
    'Databricks keeps one work e-mail, emails[type eq "work"].value, and wants it equal to userName',
  ],
  [/^(extensionAttribute\d+|extension_)/i, 'this is an attribute of Entra ID: use it as a source'],
  [
    /^urn:/i,
    'Databricks keeps no such attribute: it knows no schema extensions, and paths are written without schema',
  ],
];

/** Why `targetAttribute` knows no such path, and what is possible instead. */
export function whyNoTarget(kind: PrincipalKind, path: string): string {
  const meant = attributes[kind].find(
    attribute => fold(attribute.path) === fold(path) || attribute.key === path,
  );
  if (meant !== undefined) return `did you mean ${meant.path}?`;
  const [, reason] = refusals.find(([pattern]) => pattern.test(path)) ?? [];
  if (reason !== undefined) return reason;
  const possible = attributes[kind].map(attribute => attribute.path).join(', ');
  return `Databricks keeps no such attribute of a ${kindNames[kind]}; possible are ${possible}`;
}

const kindNames: Readonly<Record<PrincipalKind, string>> = {
  user: 'user',
  group: 'group',
  servicePrincipal: 'service principal',
};

function fold(path: string): string {
  return path.toLowerCase().replace(/[\s\\'"]/g, '');
}
