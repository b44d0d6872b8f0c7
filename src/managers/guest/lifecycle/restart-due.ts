// Removes the note that a guest is to be restarted, once it was.

import type { Action } from '../../../model/action.ts';
import { type Notes, printNotes } from '../observe/notes.ts';
import { action, call, guestName, type Program } from '../proxmox/command.ts';

/** To come after the start of the guest; empty where its notes do not say that a restart is due. */
export function recordRestart(program: Program, id: number, notes: Notes | null): Action[] {
  if (notes?.restartDue !== true) return [];
  const { restartDue: _, ...others } = notes;
  const command = call(program, 'set', id, ['--description', printNotes(others)]);
  return [action(`record on ${guestName(program, id)} that it was restarted`, 'live', command)];
}
