// The way back from a risky change: a snapshot before it, where the storage can. One that a broken-off run left is from before the
// change too, so it is used and not replaced. ZFS goes back to the newest snapshot only, so those that the failed change took itself
// are removed first: they stand for a state that nobody wants.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { NoWayBack, Safeguard, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { isStill } from '../impact.ts';
import { parseNotes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import {
  action,
  call,
  dropSnapshot,
  guestName,
  type Program,
  shutDown,
  startGuest,
  takeSnapshot,
} from '../proxmox/command.ts';
import { missingScripts } from '../scripts/scripts.ts';

/** Name of the snapshot; no other of a guest is ever rolled back to or removed. */
export const SAFEGUARD_SNAPSHOT = 'phoenix-before';

export function guestSafeguard(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  actions: readonly Action[],
  obstacle: string | null,
): Safeguard | NoWayBack | null {
  const { conf } = seen;
  const spec = wanted.spec;
  // What is kept stopped serves nobody meanwhile, and a VM with snapshots cannot become a template.
  if (spec === undefined || conf === null || isStill(spec)) return null;
  const isThere = conf.snapshots.includes(SAFEGUARD_SNAPSHOT);
  if (parseNotes(conf.description)?.building === true || !(isThere || isRisky(wanted, spec, seen, actions)))
    return null;
  if (obstacle !== null && !isThere) return { noWayBack: obstacle };
  const id = Number(nameOf(wanted.target));
  const name = guestName(program, id);
  const back = action(`roll ${name} back`, 'restart', call(program, 'rollback', id, [SAFEGUARD_SNAPSHOT]));
  // Whether the guest runs when the change has failed is not known: both are tried, and the rollback tells.
  const stop: Action = { ...shutDown(program, id), failure: 'observe' };
  return {
    take: isThere ? [] : [takeSnapshot(program, id, SAFEGUARD_SNAPSHOT)],
    restore: [
      stop,
      ...removeLaterSnapshots(program, spec, conf.snapshots),
      back,
      ...(seen.running ? [startGuest(program, id)] : []),
      dropSnapshot(program, id, SAFEGUARD_SNAPSHOT),
    ],
    drop: [dropSnapshot(program, id, SAFEGUARD_SNAPSHOT)],
  };
}

/**
 * Removes the snapshots on the way that the change takes or took. Where somebody else took one after ours, nothing is removed: what
 * a person keeps is never in the way of Phoenix, and Proxmox says why there is no way back.
 */
function removeLaterSnapshots(program: Program, { id, snapshots }: GuestSpec, present: readonly string[]): Action[] {
  const own = [...new Set([snapshots.beforeScripts, snapshots.atEnd, snapshots.template])].filter(
    (name) => name !== null,
  );
  const since = present.includes(SAFEGUARD_SNAPSHOT) ? present.slice(present.indexOf(SAFEGUARD_SNAPSHOT) + 1) : [];
  if (since.some((name) => !own.includes(name))) return [];
  return own
    .filter((name) => !present.includes(name) || since.includes(name))
    .reverse()
    .map((name) => {
      const command = call(program, 'delsnapshot', id, [name]);
      const summary = `remove snapshot ${name} of ${guestName(program, id)}, if the change took it`;
      return { ...action(summary, 'live', command), failure: 'observe' };
    });
}

/** What restarts the guest, and every script that runs inside it, but for the first ones: nothing is there yet to go back to. */
function isRisky(
  wanted: Wanted<GuestSpec>,
  spec: GuestSpec,
  { installed }: GuestObservation,
  actions: readonly Action[],
): boolean {
  if (actions.some(({ impact }) => impact === 'restart')) return true;
  if (!actions.some(({ do: what }) => what.kind === 'command' && what.args.slice(0, 2).includes('exec'))) return false;
  if (wanted.before !== undefined || installed === null || installed === 'trusted') return true;
  return missingScripts(spec.scripts, installed).some(({ name }) => name in installed);
}
