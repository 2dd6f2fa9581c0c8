import { invalid, Refusal } from './refusal.ts';
import type { AttributeWrite, ResourceType, StoredResource } from './types.ts';

/** What the identity provider knows of one of its objects. */
export interface AimIdentity {
  type: ResourceType;
  userName?: string;
  displayName?: string;
  applicationId?: string;
  name?: StoredResource['name'];
}

/** Automatic identity management of an account. */
export interface AimMode {
  on: boolean;
  /** The identity provider, by object id. */
  directory: Map<string, AimIdentity>;
  /**
   * Whether SCIM refuses what the IAM API is documented to refuse (databricks-sdk-go, service/iamv2/interface.go).
   * Guess: it does.
   */
  scimEnforced: boolean;
  /** Whether lists leave out whom nobody has used since he came in ("Inactive: No usage"). */
  hidesUnused: boolean;
}

export const aimOff = (): AimMode => ({
  on: false,
  directory: new Map(),
  scimEnforced: true,
  hidesUnused: false,
});

/** Apart from what is the identity provider's. `active` is how somebody is shut out, which it does not do. */
const OURS = new Set(['externalId', 'active', 'schemas', 'id', 'meta']);

/** Guess, status and texts. @throws Refusal */
export function admitUnderAim(aim: AimMode, { current, attributes }: AttributeWrite): void {
  if (!aim.on) return;
  if (current?.externalId === undefined) {
    if (!current && aim.scimEnforced && attributes.has('externalId')) {
      throw invalid('invalidValue', 'externalId cannot be set: identities are managed automatically');
    }
    return;
  }
  // Reported refused even where other changes pass (databricks community, 2026-02).
  if (attributes.has('members')) {
    throw new Refusal(400, 'Members of a group that is managed automatically cannot be changed');
  }
  const theirs = [...attributes].find(attribute => !OURS.has(attribute));
  if (aim.scimEnforced && theirs !== undefined) {
    throw invalid('mutability', `${theirs} is managed automatically`);
  }
}
