import type { GraphCall } from './call.ts';
import { GraphFailure } from './errors.ts';
import { DEFAULTS } from './render.ts';
import type { ObjectKind } from './types.ts';

/** Properties that are returned only when asked for. Source: the resource pages of user and group. */
const ON_REQUEST: Record<ObjectKind, readonly string[]> = {
  user: [
    'accountEnabled',
    'ageGroup',
    'city',
    'companyName',
    'country',
    'createdDateTime',
    'creationType',
    'deletedDateTime',
    'department',
    'employeeHireDate',
    'employeeId',
    'employeeLeaveDateTime',
    'employeeOrgData',
    'employeeType',
    'externalUserState',
    'externalUserStateChangeDateTime',
    'faxNumber',
    'identities',
    'imAddresses',
    'isResourceAccount',
    'lastPasswordChangeDateTime',
    'mailNickname',
    'otherMails',
    'passwordPolicies',
    'postalCode',
    'proxyAddresses',
    'securityIdentifier',
    'showInAddressList',
    'state',
    'streetAddress',
    'usageLocation',
    'userType',
  ],
  group: [
    'expirationDateTime',
    'membershipRuleProcessingState',
    'preferredLanguage',
    'renewedDateTime',
    'securityIdentifier',
    'theme',
  ],
  servicePrincipal: [
    'alternativeNames',
    'appDescription',
    'description',
    'homepage',
    'notes',
    'oauth2PermissionScopes',
    'signInAudience',
  ],
  device: ['isCompliant', 'isManaged', 'operatingSystemVersion', 'trustType'],
};

/**
 * `$select`, refused where it names what none of `kinds` has: a misspelt property must not read as null here and
 * fail in the cloud. Relations are no properties, except `members` in a delta query.
 */
export function selectOf(
  call: GraphCall,
  kinds: readonly ObjectKind[],
  relations: readonly string[] = [],
): string[] | undefined {
  const { select } = call.query;
  const known = new Set([...kinds.flatMap(kind => [...DEFAULTS[kind], ...ON_REQUEST[kind]]), ...relations]);
  const unknown = select?.find(
    name => !known.has(name) && !/^(onPremises|extension_|extensionAttribute)/.test(name),
  );
  if (unknown === undefined) return select;
  const type = kinds.length === 1 ? kinds[0] : 'directoryObject';
  const reason = `Could not find a property named '${unknown}' on type 'microsoft.graph.${type}'.`;
  throw new GraphFailure(400, 'BadRequest', `Parsing OData Select and Expand failed: ${reason}`);
}
