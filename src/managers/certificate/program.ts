// Commands of the node that work on files.

import type { Command, FileRemove } from '../../model/action.ts';

export function program(name: string, args: readonly string[]): Command {
  return { kind: 'command', program: name, args, timeoutSeconds: 60 };
}

export function removal(paths: readonly string[]): FileRemove {
  return { kind: 'remove', paths };
}

/** Permission bits as four octal digits. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
