import { isDeepStrictEqual } from 'node:util';
import type { ObjectKind } from './types.ts';

/** What one kind of object has. Relations are no properties. */
interface Properties {
  /** Returned without `$select`. */
  readonly byDefault: readonly string[];
  /** Returned only when asked for. */
  readonly onRequest: readonly string[];
  /** Kept outside the directory: readable of one object at a time, and no delta reports a change of them. */
  readonly outside: readonly string[];
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Source: the resource pages of user, group, servicePrincipal and device (v1.0). `accountEnabled` of users is on request. */
export const PROPERTIES: Readonly<Record<ObjectKind, Properties>> = {
  user: {
    byDefault: words(`
      businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname
      userPrincipalName id`),
    onRequest: words(`
      accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo city companyName
      consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime
      department employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState
      externalUserStateChangeDateTime faxNumber identities imAddresses isManagementRestricted isResourceAccount
      lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mailNickname
      onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId
      onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName
      onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies
      passwordProfile postalCode preferredDataLocation provisionedPlans proxyAddresses securityIdentifier
      serviceProvisioningErrors showInAddressList signInSessionsValidFromDateTime state streetAddress usageLocation
      userType`),
    outside: words(`
      aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities schools
      signInActivity skills`),
  },
  group: {
    byDefault: words(`
      id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
      isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState
      onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors
      onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation
      preferredLanguage proxyAddresses renewedDateTime securityEnabled securityIdentifier theme visibility`),
    onRequest: words(`
      assignedLabels assignedLicenses hasMembersWithLicenseErrors isManagementRestricted licenseProcessingState
      serviceProvisioningErrors uniqueName`),
    outside: words(`
      allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients isArchived
      isSubscribedByMail unseenCount`),
  },
  servicePrincipal: {
    byDefault: words(`
      id deletedDateTime accountEnabled addIns alternativeNames appDescription appDisplayName appId
      applicationTemplateId appOwnerOrganizationId appRoleAssignmentRequired appRoles description
      disabledByMicrosoftStatus displayName homepage info keyCredentials loginUrl logoutUrl notes
      notificationEmailAddresses oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode
      preferredTokenSigningKeyThumbprint replyUrls resourceSpecificApplicationPermissions samlSingleSignOnSettings
      servicePrincipalNames servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher`),
    onRequest: ['customSecurityAttributes'],
    outside: [],
  },
  device: {
    byDefault: words('id deletedDateTime accountEnabled deviceId displayName operatingSystem'),
    onRequest: words('isCompliant isManaged operatingSystemVersion trustType'),
    outside: [],
  },
};

/** Collections are never null. */
export const LISTS: ReadonlySet<string> = new Set(
  words(`
    addIns alternativeNames appRoles assignedLabels assignedLicenses assignedPlans businessPhones groupTypes identities
    imAddresses interests keyCredentials licenseAssignmentStates notificationEmailAddresses oauth2PermissionScopes
    onPremisesProvisioningErrors otherMails passwordCredentials pastProjects provisionedPlans proxyAddresses replyUrls
    resourceSpecificApplicationPermissions responsibilities schools servicePrincipalNames serviceProvisioningErrors
    skills tags`),
);

/** Objects within objects: a PATCH changes the parts that it names. */
const COMPLEX: ReadonlySet<string> = new Set(['onPremisesExtensionAttributes', 'employeeOrgData']);

/** Names are compared with their case, as in Graph. */
export function hasProperty(kind: ObjectKind, name: string): boolean {
  const { byDefault, onRequest, outside } = PROPERTIES[kind];
  return byDefault.includes(name) || onRequest.includes(name) || outside.includes(name);
}

export function isOutside(kind: ObjectKind, name: string): boolean {
  return PROPERTIES[kind].outside.includes(name);
}

/** `extension_{appId without dashes}_{name}`. Source: "Add custom data to resources using extensions". */
export function isExtension(name: string): boolean {
  return /^extension_[0-9a-f]{32}_\w+$/.test(name);
}

/** An object's properties after a PATCH, and the names of those that it really changed. */
export function patched(
  before: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): { properties: Record<string, unknown>; changed: Set<string> } {
  const properties = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    const merged = COMPLEX.has(name) && typeof value === 'object' && value !== null;
    properties[name] = merged ? { ...(before[name] ?? {}), ...value } : value;
  }
  const changed = Object.keys(patch).filter(
    name => !isDeepStrictEqual(before[name] ?? null, properties[name] ?? null),
  );
  return { properties, changed: new Set(changed) };
}
