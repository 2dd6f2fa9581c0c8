import { type Attributes, sameValue } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import type { KindTraits } from './kind-traits.ts';

/** What the target should hold of one principal, as decided by a look. */
export interface Wanted {
  /** Present when the resource may be created: all of its attributes. */
  readonly create?: Attributes;
  /** What a linked resource must hold. Attributes that are not named are left alone. */
  readonly set: Attributes;
}

/** The part of a link that planning needs. */
export interface LinkFacts {
  readonly status: 'creating' | 'linked' | 'gone';
  readonly scimId?: string;
  readonly name: string;
  readonly written: Attributes;
  readonly intent?: { readonly attributes: Attributes };
  readonly uncertain?: readonly string[];
}

export type ResourcePlan =
  | { readonly action: 'none' }
  /** No resource of ours, and none wanted. */
  | { readonly action: 'ignore' }
  | { readonly action: 'create'; readonly attributes: Attributes }
  /** A create whose answer was lost: find out what became of it before anything else. */
  | { readonly action: 'resolve' }
  | { readonly action: 'update'; readonly changes: Attributes; readonly effect: Effect }
  /** Somebody else took the resource away; it is not brought back. One that is to be off may be there again. */
  | { readonly action: 'gone' };

/** What an operation does to somebody's access; decides who goes first. */
export type Effect = 'revoke' | 'grant' | 'attribute';

/** The one write that brings a resource from what we last wrote to what is wanted. */
export function planResource(wanted: Wanted, link: LinkFacts | undefined, traits: KindTraits): ResourcePlan {
  if (link === undefined) {
    return wanted.create === undefined
      ? { action: 'ignore' }
      : { action: 'create', attributes: wanted.create };
  }
  if (link.status === 'gone') {
    if (wanted.set.active === false && link.scimId !== undefined) return { action: 'gone' };
    return wanted.create === undefined ? { action: 'none' } : { action: 'gone' };
  }
  if (link.status === 'creating') return { action: 'resolve' };
  const changes = Object.fromEntries(
    Object.entries(wanted.set).filter(([name, value]) => differs(name, value, link, traits)),
  );
  if (Object.keys(changes).length === 0) return { action: 'none' };
  return { action: 'update', changes, effect: effectOf(changes, link) };
}

/** True when the wanted name cannot be written and differs by more than case. */
export function nameChangeIsRefused(
  wanted: Wanted,
  link: LinkFacts | undefined,
  traits: KindTraits,
): boolean {
  const name = wanted.set[traits.nameAttribute];
  return (
    traits.nameIsImmutable &&
    link?.status === 'linked' &&
    typeof name === 'string' &&
    foldName(name) !== foldName(link.name)
  );
}

/** An attribute under an open intent, or seen differing by an audit, is written again even if it equals the record. */
function differs(
  name: string,
  value: string | boolean | undefined,
  link: LinkFacts,
  traits: KindTraits,
): boolean {
  if (value === undefined) return false;
  if (name === traits.nameAttribute && traits.nameIsImmutable) return false;
  if (link.intent !== undefined && name in link.intent.attributes) return true;
  if (link.uncertain?.includes(name)) return true;
  return !sameValue(name, link.written[name], value);
}

function effectOf(changes: Attributes, link: LinkFacts): Effect {
  if (changes.active === false) return 'revoke';
  // A revocation whose answer was lost may have taken effect.
  const wasOn = link.written.active === true && link.intent?.attributes.active !== false;
  if (changes.active === true && !wasOn) return 'grant';
  return 'attribute';
}
