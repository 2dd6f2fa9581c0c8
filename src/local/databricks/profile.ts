import { documentedFilter, expressionFilter, type Predicate } from './filter.ts';
import type { ResourceType } from './types.ts';

/** What one family of SCIM endpoints does differently from the others. */
export interface Profile {
  readonly apiVersion: string;
  /** `{schemas, scimType, detail, status}` or `{error_code, message}`. */
  readonly errors: 'scim' | 'platform';
  readonly pageAboveMaximum: 'clamp' | 'refuse';
  readonly locations: boolean;
  /** @throws Refusal */
  filter(type: ResourceType, text: string): Predicate;
}

/** Account endpoints by the version in their path. */
export const ACCOUNT_PROFILES: Readonly<Record<string, Profile>> = {
  '2.0': {
    apiVersion: '2.0',
    errors: 'scim',
    // databricks-sdk-py's own integration tests ask for 3,000.
    pageAboveMaximum: 'clamp',
    locations: false,
    filter: (_type, text) => expressionFilter(text),
  },
  '2.1': {
    apiVersion: '2.1',
    errors: 'platform',
    pageAboveMaximum: 'refuse',
    locations: true,
    filter: documentedFilter,
  },
};
