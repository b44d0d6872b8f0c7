// The way back from a risky change: a snapshot before it, where the storage can. One that a broken-off run left is from before the
// change too, so it is used and not replaced.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { Safeguard, Wanted } from '../manager.ts';
import { action, call, guestName, type Program, shutDown, startGuest, takeSnapshot } from './command.ts';
import { parseNotes } from './notes.ts';
import type { GuestObservation } from './observation.ts';

/** Name of the snapshot; no other of a guest is ever rolled back to or removed. */
const SAFEGUARD_SNAPSHOT = 'phoenix-before';

export function guestSafeguard(
  program: Program,
  wanted: Wanted,
  seen: GuestObservation,
  actions: readonly Action[],
  canSnapshot: boolean,
): Safeguard | null {
  const { conf } = seen;
  if (wanted.spec === undefined || conf === null || !canSnapshot || conf.settings['template'] === '1') return null;
  const isThere = conf.snapshots.includes(SAFEGUARD_SNAPSHOT);
  if (parseNotes(conf.description)?.building === true || !(isThere || actions.some(isRisky))) return null;
  const id = Number(nameOf(wanted.target));
  const name = guestName(program, id);
  const back = action(`roll ${name} back`, 'restart', call(program, 'rollback', id, [SAFEGUARD_SNAPSHOT]));
  // Whether the guest runs when the change has failed is not known: both are tried, and the rollback tells.
  const stop: Action = { ...shutDown(program, id), failure: 'observe' };
  return {
    take: isThere ? [] : [takeSnapshot(program, id, SAFEGUARD_SNAPSHOT)],
    restore: [stop, back, ...(seen.running ? [startGuest(program, id)] : []), ...drop(program, id)],
    drop: drop(program, id),
  };
}

function drop(program: Program, id: number): Action[] {
  const command = call(program, 'delsnapshot', id, [SAFEGUARD_SNAPSHOT]);
  return [action(`remove snapshot ${SAFEGUARD_SNAPSHOT} of ${guestName(program, id)}`, 'live', command)];
}

/** What restarts the guest, and every script that runs inside it. */
function isRisky({ impact, do: what }: Action): boolean {
  return impact === 'restart' || (what.kind === 'command' && what.args.slice(0, 2).includes('exec'));
}
