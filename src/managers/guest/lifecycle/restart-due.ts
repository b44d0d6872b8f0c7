// Removes the note that a guest is to be restarted, once it was.

import type { Action } from '../../../model/action.ts';
import { type Notes, printNotes, type RestartDue } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { action, call, guestName, type Program } from '../proxmox/command.ts';

/**
 * Why a running VM has to be restarted as its notes say; undefined where they do not, or it was restarted since then by whomever. One that was resumed from a
 * disk or migrated has another process as well, and was not restarted.
 */
export function restartStillDue(
  notes: Notes | null,
  { process, goesOn }: Pick<GuestObservation, 'process' | 'goesOn'>,
): RestartDue | undefined {
  const due = notes?.restartDue;
  const isOther = typeof due === 'number' && process !== undefined && process !== due;
  const wasRestarted = isOther && goesOn !== true;
  return wasRestarted ? undefined : due;
}

/** To come after the start of the guest; empty where its notes do not say that a restart is due. */
export function recordRestart(program: Program, id: number, notes: Notes | null): Action[] {
  if (notes?.restartDue === undefined) return [];
  const { restartDue: _, ...others } = notes;
  const command = call(program, 'set', id, ['--description', printNotes(others)]);
  return [action(`record on ${guestName(program, id)} that it was restarted`, 'live', command)];
}
