// Rollback of a risky change by a snapshot taken before it, where the storage supports it. A snapshot that an interrupted run left was also taken
// before the change, so it is used and not replaced. ZFS rolls back to the newest snapshot only, so snapshots that the failed change took itself are
// removed first.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { NoRollback, Rollback, Wanted } from '../../manager.ts';
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

/** Name of the snapshot. No other snapshot of a guest is ever rolled back to or removed. */
export const SAFEGUARD_SNAPSHOT = 'phoenix-before';

export function guestRollback(
  program: Program,
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
  actions: readonly Action[],
  obstacle: string | null,
): Rollback | NoRollback | null {
  const { conf } = seen;
  const spec = wanted.spec;
  // A guest that is kept stopped serves nobody, and a VM with snapshots cannot become a template.
  if (spec === undefined || conf === null || isStill(spec)) return null;
  const isThere = conf.snapshots.includes(SAFEGUARD_SNAPSHOT);
  if (parseNotes(conf.description)?.building === true || !(isThere || isRisky(wanted, spec, seen, actions)))
    return null;
  if (obstacle !== null && !isThere) return { noRollback: obstacle };
  const id = Number(nameOf(wanted.target));
  const name = guestName(program, id);
  const back = action(`roll ${name} back`, 'restart', call(program, 'rollback', id, [SAFEGUARD_SNAPSHOT]));
  // Whether the guest runs after the failed change is unknown: both cases are tried, and the result shows.
  const stop: Action = { ...shutDown(program, id), failure: 'observe' };
  return {
    snapshot: isThere ? [] : [takeSnapshot(program, id, SAFEGUARD_SNAPSHOT)],
    restore: [
      stop,
      ...removeLaterSnapshots(program, spec, conf.snapshots),
      back,
      ...(seen.running ? [startGuest(program, id)] : []),
      dropSnapshot(program, id, SAFEGUARD_SNAPSHOT),
    ],
    discard: [dropSnapshot(program, id, SAFEGUARD_SNAPSHOT)],
  };
}

/**
 * Removes the stage snapshots that the change takes or took. Where somebody else took a snapshot after Phoenix's, nothing is removed:
 * a person's snapshot is never deleted, and Proxmox reports why it cannot roll back.
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

/** Whether the actions are risky: they restart the guest or run scripts in it, except its first scripts, since there is nothing yet to go back to. */
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
