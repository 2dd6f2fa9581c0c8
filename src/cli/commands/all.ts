import type { Command } from '../command.ts';
import { cycleCommands } from './cycles.ts';
import { deadLetterCommands } from './dead-letters.ts';
import { holdCommands } from './holds.ts';
import { logCommands } from './log.ts';
import { principalCommands } from './principals.ts';
import { statusCommands } from './status.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...statusCommands,
  ...cycleCommands,
  ...holdCommands,
  ...principalCommands,
  ...logCommands,
  ...deadLetterCommands,
];
