import { documentedFilter, expressionFilter, type Predicate } from './filter.ts';
import type { ResourceType } from './types.ts';

/** What one family of SCIM endpoints does differently from the others. */
export interface Profile {
  readonly apiVersion: string;
  /** `{schemas, scimType, detail, status}` or `{error_code, message}`. */
  readonly errors: 'scim' | 'platform';
  readonly pageAboveMaximum: 'clamp' | 'refuse';
  readonly locations: boolean;
  /** `meta.resourceType` of its own groups (ucx, workspace_access/groups.py). */
  readonly groupType: 'Group' | 'WorkspaceGroup';
  /** Whether it has `/Me`, and groups show their parents (Terraform provider, scim/scim.go). */
  readonly isWorkspace: boolean;
  /** @throws Refusal */
  filter(type: ResourceType, text: string): Predicate;
}

const LEGACY: Profile = {
  apiVersion: '2.0',
  errors: 'scim',
  // databricks-sdk-py's own integration tests ask for 3,000.
  pageAboveMaximum: 'clamp',
  locations: false,
  groupType: 'Group',
  isWorkspace: false,
  filter: (_type, text) => expressionFilter(text, 'double'),
};

/** Account endpoints by the version in their path. */
export const ACCOUNT_PROFILES: Readonly<Record<string, Profile>> = {
  '2.0': LEGACY,
  '2.1': {
    apiVersion: '2.1',
    errors: 'platform',
    pageAboveMaximum: 'refuse',
    locations: true,
    groupType: 'Group',
    isWorkspace: false,
    filter: documentedFilter,
  },
};

/** `/api/2.0/account/scim/v2` of a workspace. Guess: as account 2.0, since that is what its paths are named after. */
export const PROXY_PROFILE: Profile = LEGACY;

/** `/api/2.0/preview/scim/v2` of a workspace. */
export const WORKSPACE_PROFILE: Profile = {
  ...LEGACY,
  groupType: 'WorkspaceGroup',
  isWorkspace: true,
  filter: (_type, text) => expressionFilter(text, 'any'),
};

/** What is not SCIM, or not known, has errors in the platform's shape. */
export const PLATFORM_PROFILE = ACCOUNT_PROFILES['2.1'] as Profile;
