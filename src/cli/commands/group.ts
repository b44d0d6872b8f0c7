// What a group of commands needs to be declared: each command is one entry, and its code is loaded when it is called.

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface CommandGroup {
  /** Of which every command is one. */
  readonly root: Command;
  readonly io: Io;
  /** Declares a command. @param example of a call of it, without the program's own name */
  command(usage: string, description: string, example: string): Command;
  /** Takes the exit code that a command ends with. */
  ending(code: Promise<number>): Promise<void>;
}
