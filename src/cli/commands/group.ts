// Context for declaring a group of commands: each command is one entry, and its code is loaded on use.

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface CommandGroup {
  /** The root command. */
  readonly root: Command;
  readonly io: Io;
  /**
   * Declares a command. @param example call without the program name
   */
  command(usage: string, description: string, example: string): Command;
  /** Receives the exit code of a command. */
  ending(code: Promise<number>): Promise<void>;
}
