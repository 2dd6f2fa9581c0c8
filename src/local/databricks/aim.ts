import { invalid, Refusal } from './refusal.ts';
import type { AttributeWrite, ResourceType, StoredResource } from './types.ts';

/** What the identity provider knows of one of its objects. */
export interface AimIdentity {
  type: ResourceType;
  userName?: string;
  displayName?: string;
  applicationId?: string;
  name?: StoredResource['name'];
  /** Of a group: object ids of its members there. */
  members?: string[];
}

/** Until it is the same everywhere, at the longest (Microsoft Learn, "Automatic identity management"). */
export const LONGEST_TRANSITION_MS = 600_000;

/** Automatic identity management of an account. */
export class AimMode {
  /** The identity provider, by object id. */
  directory = new Map<string, AimIdentity>();
  /**
   * Whether SCIM refuses what the IAM API is documented to refuse (databricks-sdk-go, service/iamv2/interface.go).
   * Guess: it does.
   */
  scimEnforced = true;
  /** Whether lists leave out whom nobody has used since he came in ("Inactive: No usage"). */
  hidesUnused = false;
  /** How long it takes from switching until every request sees it; {@link LONGEST_TRANSITION_MS} at most. */
  transitionMs = 0;
  #on = false;
  #switchedAt = Number.NEGATIVE_INFINITY;
  #asked = 0;

  /** As it was switched last. */
  get on(): boolean {
    return this.#on;
  }
  set on(on: boolean) {
    if (on === this.#on) return;
    this.#on = on;
    this.#switchedAt = Date.now();
    this.#asked = 0;
  }

  /**
   * Whether it is on for the next request. Guess: while it is being switched the back ends disagree and take turns, the
   * one that has not heard of it first, so that one answer proves nothing.
   */
  isOnForNext(): boolean {
    if (Date.now() - this.#switchedAt >= this.transitionMs) return this.#on;
    this.#asked += 1;
    return this.#asked % 2 === 0 ? this.#on : !this.#on;
  }

  /** As at the start. */
  reset(): void {
    this.directory = new Map();
    this.scimEnforced = true;
    this.hidesUnused = false;
    this.transitionMs = 0;
    this.on = false;
  }
}

/** Apart from what is the identity provider's. `active` is how somebody is shut out, which it does not do. */
const OURS = new Set(['externalId', 'active', 'schemas', 'id', 'meta']);

/** Guess, status and texts. @throws Refusal */
export function admitUnderAim(aim: AimMode, { current, attributes }: AttributeWrite): void {
  if (!aim.isOnForNext()) return;
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
