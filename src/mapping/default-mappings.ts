import type { PrincipalKind } from '../identity/principal.ts';
import type { MappingRule } from './attribute-mapping.ts';

/**
 * The rules where the configuration names none. externalId, active and applicationId need no rule, and Databricks
 * fills the work e-mail from userName.
 */
export const defaultMappings: Readonly<Record<PrincipalKind, readonly MappingRule[]>> = {
  user: [
    { target: 'userName', source: 'userPrincipalName' },
    { target: 'displayName', source: 'displayName' },
    { target: 'name.givenName', source: 'givenName' },
    { target: 'name.familyName', source: 'surname' },
  ],
  group: [{ target: 'displayName', source: 'displayName' }],
  // On create only, as always for service principals: automations refer to it.
  servicePrincipal: [{ target: 'displayName', source: 'displayName', apply: 'onCreate' }],
};
