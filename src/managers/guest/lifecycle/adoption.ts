// Checks before a guest is adopted. Somebody uses it: it keeps running unless a person approved a restart or stop, and its notes are preserved, which
// needs room for Phoenix's block.

import type { Action } from '../../../model/action.ts';
import { approvedBy } from '../../approval.ts';
import type { Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { isStill } from '../impact.ts';
import { MAX_NOTES, type Notes, printNotes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { impossible, type Refusal } from './gate.ts';

/** Why Phoenix's block does not fit into the notes; null where it does. */
export function notesTooLong(target: string, notes: Notes): Refusal | null {
  const { length } = printNotes(notes);
  if (length <= MAX_NOTES) return null;
  return impossible(
    `the notes of ${target} leave no room to say whose it is: with that they have ${length} characters, and Proxmox keeps ${MAX_NOTES}; shorten them`,
  );
}

/** Why the adoption has to wait; null where the guest keeps running, or may be interrupted. */
export function interruptedByAdoption(
  wanted: Wanted<GuestSpec>,
  spec: GuestSpec,
  seen: GuestObservation,
  actions: readonly Action[],
): Refusal | null {
  if (wanted.adopt !== true || wanted.mayInterrupt === true || !seen.running) return null;
  const restarts = actions.some(({ impact }) => impact === 'restart' || impact === 'destroy');
  if (!restarts && !isStill(spec)) return null;
  const [first] = actions.filter(({ impact }) => impact !== 'live');
  const what = isStill(spec)
    ? `runs and is declared ${spec.final === 'template' ? 'as a template' : 'as stopped'}, so that adopting it shuts it down`
    : `has to be restarted for what is declared${first === undefined ? '' : ` (${first.summary})`}`;
  return {
    kind: 'blocked',
    reason: `${wanted.target} ${what}; ${approvedBy(wanted.target)}, or declare what it is`,
  };
}
