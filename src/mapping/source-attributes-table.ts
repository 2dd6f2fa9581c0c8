import type { PrincipalKind } from '../identity/principal.ts';
import { computedUserPrincipalName } from './sign-in-name.ts';

/**
 * What the values of an attribute are. `date`: an instant as ISO 8601 text. `strings`: several texts. Graph has no
 * integer among the properties named here; whole numbers live in directory extensions and in texts such as employeeId.
 */
export type SourceType = 'string' | 'integer' | 'boolean' | 'date' | 'strings';

/** An attribute of Entra's provisioning schema. */
export interface SourceAttribute {
  readonly name: string;
  readonly type: SourceType;
  /** The top-level Graph property to `$select`; undefined for what we compute. */
  readonly select?: string;
  readonly computed?: true;
}

/** An attribute, and how its value is found in the Graph property it is read from. */
export interface SourceRow extends SourceAttribute {
  /** Undefined: the property is not what Graph documents. */
  readonly within?: (property: unknown) => unknown;
  /** Graph leaves the property out of an answer when the object has no value, instead of sending null. */
  readonly leftOutWhenEmpty?: true;
}

const EVERY_KIND: readonly SourceRow[] = [
  row('string', 'objectId', 'id'),
  ...same('string', 'id displayName'),
  { name: 'IsSoftDeleted', type: 'boolean', computed: true },
  { name: 'appRoleAssignments', type: 'strings', computed: true },
];

/**
 * Entra's names beside Graph's. The names that differ are those of the object definition that Microsoft Graph shows for
 * the User object of a synchronization schema (objectDefinition resource, JSON example); the properties are those of
 * Graph's user, group and servicePrincipal resources (v1.0) that a list of objects can carry, too: what only a read of
 * one object answers (aboutMe, mailboxSettings …), or what needs a further permission (employeeLeaveDateTime,
 * signInActivity, customSecurityAttributes), is left out.
 */
const USER: readonly SourceRow[] = [
  ...EVERY_KIND,
  row('string', 'userPrincipalName', 'userPrincipalName', signInName),
  row('string', 'originalUserPrincipalName', 'userPrincipalName'),
  ...same('string', 'mail mailNickname givenName surname jobTitle department companyName'),
  ...same('string', 'employeeId employeeType city state country postalCode streetAddress'),
  ...same('string', 'preferredLanguage preferredDataLocation usageLocation userType'),
  ...same('string', 'creationType externalUserState securityIdentifier'),
  ...same('boolean', 'accountEnabled isResourceAccount'),
  ...same('date', 'createdDateTime employeeHireDate externalUserStateChangeDateTime'),
  ...same('strings', 'otherMails proxyAddresses imAddresses businessPhones'),
  row('string', 'telephoneNumber', 'businessPhones', first),
  ...renamed('string', 'mobile', 'mobilePhone'),
  ...renamed('string', 'facsimileTelephoneNumber', 'faxNumber'),
  ...renamed('string', 'physicalDeliveryOfficeName', 'officeLocation'),
  ...renamed('string', 'immutableId', 'onPremisesImmutableId'),
  ...renamed('boolean', 'dirSyncEnabled', 'onPremisesSyncEnabled'),
  ...same('string', 'onPremisesDistinguishedName onPremisesDomainName onPremisesSamAccountName'),
  ...same('string', 'onPremisesSecurityIdentifier onPremisesUserPrincipalName'),
  ...same('date', 'onPremisesLastSyncDateTime'),
  row('string', 'employeeOrgData.costCenter', 'employeeOrgData', part('costCenter')),
  row('string', 'employeeOrgData.division', 'employeeOrgData', part('division')),
  ...Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`).map(name =>
    row('string', name, 'onPremisesExtensionAttributes', part(name)),
  ),
];

const GROUP: readonly SourceRow[] = [
  ...EVERY_KIND,
  ...same('string', 'description mail mailNickname visibility classification uniqueName'),
  ...same('string', 'membershipRule membershipRuleProcessingState securityIdentifier'),
  ...same('string', 'preferredLanguage preferredDataLocation'),
  ...same('boolean', 'mailEnabled securityEnabled isAssignableToRole'),
  ...same('date', 'createdDateTime expirationDateTime renewedDateTime onPremisesLastSyncDateTime'),
  ...same('strings', 'groupTypes proxyAddresses'),
  ...renamed('boolean', 'dirSyncEnabled', 'onPremisesSyncEnabled'),
  ...same('string', 'onPremisesDomainName onPremisesNetBiosName onPremisesSamAccountName'),
  ...same('string', 'onPremisesSecurityIdentifier'),
];

const SERVICE_PRINCIPAL: readonly SourceRow[] = [
  ...EVERY_KIND,
  ...same('string', 'appId appDisplayName appDescription appOwnerOrganizationId applicationTemplateId'),
  ...same('string', 'servicePrincipalType signInAudience description notes homepage loginUrl'),
  ...same('string', 'disabledByMicrosoftStatus preferredSingleSignOnMode'),
  ...same('boolean', 'accountEnabled appRoleAssignmentRequired'),
  ...same('strings', 'alternativeNames servicePrincipalNames tags notificationEmailAddresses replyUrls'),
];

export const SOURCE_ROWS: Readonly<Record<PrincipalKind, ReadonlyMap<string, SourceRow>>> = {
  user: byName(USER),
  group: byName(GROUP),
  servicePrincipal: byName(SERVICE_PRINCIPAL),
};

/**
 * The row of an attribute. A directory extension is known by the form of its name, `extension_<application id without
 * hyphens>_<name>`, and read as one text; users and groups have them, service principals do not (Microsoft Graph, "Add
 * custom data to resources": directory extensions).
 */
export function sourceRow(kind: PrincipalKind, name: string): SourceRow | undefined {
  const known = SOURCE_ROWS[kind].get(name);
  if (known !== undefined) return known;
  if (kind === 'servicePrincipal' || !/^extension_[0-9a-fA-F]{32}_\w+$/.test(name)) return undefined;
  return { name, type: 'string', select: name, within: extensionText, leftOutWhenEmpty: true };
}

function byName(rows: readonly SourceRow[]): ReadonlyMap<string, SourceRow> {
  return new Map(rows.map(each => [each.name, each]));
}

function row(
  type: SourceType,
  name: string,
  select: string,
  within?: (property: unknown) => unknown,
): SourceRow {
  return { name, type, select, ...(within && { within }) };
}

/** Attributes that Entra and Graph call the same. */
function same(type: SourceType, names: string): SourceRow[] {
  return names.split(' ').map(name => row(type, name, name));
}

/** An attribute known by either name. */
function renamed(type: SourceType, entra: string, graph: string): SourceRow[] {
  return [row(type, entra, graph), row(type, graph, graph)];
}

function signInName(stored: unknown): unknown {
  return typeof stored === 'string' ? computedUserPrincipalName(stored) : stored;
}

function first(list: unknown): unknown {
  if (list === null) return null;
  return Array.isArray(list) ? (list[0] ?? null) : undefined;
}

function part(name: string): (property: unknown) => unknown {
  return property => {
    if (property === null) return null;
    if (typeof property !== 'object' || Array.isArray(property)) return undefined;
    return (property as Record<string, unknown>)[name] ?? null;
  };
}

/** An extension may be defined as a number or a boolean; here it is text, booleans in the spelling of expressions. */
function extensionText(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : value;
}
