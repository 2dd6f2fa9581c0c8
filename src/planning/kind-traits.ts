import type { PrincipalKind } from '../identity/principal.ts';

/** What planning has to know about a kind of principal. */
export interface KindTraits {
  /** The attribute that is unique in the target. */
  readonly nameAttribute: 'userName' | 'displayName' | 'applicationId';
  /** Databricks ignores writes of it with a success status, so it is never among the changes. */
  readonly nameIsImmutable: boolean;
  /** Signs in, and is switched off rather than emptied. */
  readonly isAccount: boolean;
}

export const kindTraits = {
  user: { nameAttribute: 'userName', nameIsImmutable: true, isAccount: true },
  servicePrincipal: { nameAttribute: 'applicationId', nameIsImmutable: true, isAccount: true },
  group: { nameAttribute: 'displayName', nameIsImmutable: false, isAccount: false },
} as const satisfies Readonly<Record<PrincipalKind, KindTraits>>;
