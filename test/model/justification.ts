import { folded, wantedMembers, wantedName, whyAbsent } from './desired-state.ts';
import type { ModelConfig } from './model-config.ts';
import type { EntityKind, Snapshot } from './snapshot.ts';

/** Something that one request took away. */
export type Taken =
  | { readonly what: 'account'; readonly id: string; readonly name: string; readonly kind: EntityKind }
  | { readonly what: 'membership'; readonly id: string; readonly group: string }
  | { readonly what: 'resource'; readonly id: string };

/** The source fact that licensed taking it away at that time, or undefined when there was none. */
export function justification(s: Snapshot, config: ModelConfig, taken: Taken): string | undefined {
  switch (taken.what) {
    case 'account':
      return whyAbsent(s, config, taken.id) ?? nameOfAnother(s, taken);
    case 'membership': {
      const ofGroup = whyAbsent(s, config, taken.group);
      if (ofGroup !== undefined) return `group ${ofGroup}`;
      if (!s.live.has(taken.id)) return `member ${whyAbsent(s, config, taken.id)}`;
      return wantedMembers(s, config, taken.group).has(taken.id) ? undefined : 'left the group';
    }
    case 'resource':
      // Nothing is ever deleted by default.
      return undefined;
  }
}

function nameOfAnother(s: Snapshot, { id, name }: Taken & { what: 'account' }): string | undefined {
  for (const entity of s.live.values())
    if (entity.kind === 'user' && entity.id !== id && folded(wantedName(entity)) === folded(name))
      return 'name passed on';
  return undefined;
}
