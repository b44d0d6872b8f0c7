// Programs of the node that work on files.

import type { Command } from '../../model/action.ts';

export function program(name: string, args: readonly string[]): Command {
  return { kind: 'command', program: name, args, timeoutSeconds: 60 };
}

/** Permission bits as `chmod` takes them. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
