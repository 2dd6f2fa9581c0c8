import type { Provisioning } from '../app.ts';
import type { Settings } from '../config/settings.ts';
import type { Values } from './options.ts';

/** What a command works with. */
export interface CommandContext {
  /** Nothing of it is opened yet, see {@link Provisioning.ready}. */
  readonly app: Provisioning;
  readonly settings: Settings;
  readonly values: Values;
  /** What follows the command: ids and numbers. */
  readonly names: readonly string[];
  /** Aborted when somebody asks for the end. */
  readonly signal: AbortSignal;
  /** A line about what is going on, for people. */
  readonly note: (line: string) => void;
}

/** What a command came to. */
export interface CommandResult {
  /** Printed with --json. */
  readonly json: unknown;
  /** Printed without it. */
  readonly lines: readonly string[];
  /** False when not all of it could be done, or something is not as it should be. */
  readonly isGood?: boolean;
}

export interface Command {
  /** The words that call it: `holds approve`. */
  readonly words: string;
  /** What follows them, as in the help. */
  readonly usage: string;
  readonly about: string;
  readonly run: (context: CommandContext) => Promise<CommandResult>;
  /** Names that have to follow: none, exactly one, at least one, or any number. */
  readonly names: 'none' | 'one' | 'some' | 'any';
  readonly options: readonly (keyof Values)[];
}

/** What was named is not there: exit code 3. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/** The target of that id. @throws {NotThere} */
export function targetNamed<T extends { readonly id: string }>(targets: readonly T[], id: string): T {
  const found = targets.find(target => target.id === id);
  if (found !== undefined) return found;
  throw new NotThere(`no target is called ${id}; there is ${targets.map(target => target.id).join(', ')}`);
}
