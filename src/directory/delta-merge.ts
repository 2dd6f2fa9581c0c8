import type { PrincipalKind } from '../identity/principal.ts';
import type { DeltaItem } from './graph-schemas.ts';
import type { DeltaChange, DeltaMember, SourceMember } from './types.ts';

const KINDS: Readonly<Record<string, SourceMember['kind']>> = {
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
  '#microsoft.graph.serviceprincipal': 'servicePrincipal',
};

/** `#microsoft.graph.user` and so on; anything that is never provisioned is `other`. */
export function kindOfType(odataType: string | undefined): SourceMember['kind'] {
  return KINDS[odataType?.toLowerCase() ?? ''] ?? 'other';
}

const KIND_OF_SET: Readonly<Record<string, PrincipalKind>> = {
  users: 'user',
  groups: 'group',
  serviceprincipals: 'servicePrincipal',
};

/** What a delta link is about. @returns undefined for a link that is about no kind of principal. */
export function kindOfLink(link: string): PrincipalKind | undefined {
  const set = /\/(users|groups|servicePrincipals)\/(?:microsoft\.graph\.)?delta\b/i.exec(link)?.[1];
  return KIND_OF_SET[set?.toLowerCase() ?? ''];
}

interface Draft {
  removed: 'changed' | 'deleted' | undefined;
  accountEnabled: boolean | undefined;
  userPrincipalName: string | undefined;
  members: Map<string, { member: DeltaMember; removed: boolean }>;
}

/**
 * Collects the items of a round. One object may come several times, a large group over several pages: the last
 * mention of each property and each member wins. Source: "Delta query for groups", paging through members.
 */
export class DeltaMerge {
  readonly #kind: PrincipalKind;
  readonly #drafts = new Map<string, Draft>();

  constructor(kind: PrincipalKind) {
    this.#kind = kind;
  }

  add(item: DeltaItem): void {
    const draft = this.#drafts.get(item.id) ?? {
      removed: undefined,
      accountEnabled: undefined,
      userPrincipalName: undefined,
      members: new Map(),
    };
    this.#drafts.set(item.id, draft);
    // An unknown reason is taken as the milder one: restorable.
    draft.removed = item['@removed'] && (item['@removed'].reason === 'deleted' ? 'deleted' : 'changed');
    if (typeof item.accountEnabled === 'boolean') draft.accountEnabled = item.accountEnabled;
    if (typeof item.userPrincipalName === 'string') draft.userPrincipalName = item.userPrincipalName;
    for (const { '@odata.type': type, id, '@removed': removed } of item['members@delta'] ?? []) {
      draft.members.set(id, { member: { id, kind: kindOfType(type) }, removed: removed !== undefined });
    }
  }

  changes(): DeltaChange[] {
    return [...this.#drafts].map(([id, draft]) => {
      const members = [...draft.members.values()];
      return {
        kind: this.#kind,
        id,
        ...(draft.removed && { removed: draft.removed }),
        ...(draft.accountEnabled !== undefined && { accountEnabled: draft.accountEnabled }),
        ...(draft.userPrincipalName !== undefined && { userPrincipalName: draft.userPrincipalName }),
        addedMembers: members.filter(m => !m.removed).map(m => m.member),
        removedMembers: members.filter(m => m.removed).map(m => m.member),
      };
    });
  }
}
