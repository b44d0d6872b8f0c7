// Guests that count as running although they stand still: VMs that a person paused, or QEMU after a fault, and containers that a person froze.

import type { Action } from '../../../model/action.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { unfreezing } from '../observe/freezer.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { guestName, type Program, shutDown } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { impossible, locked, type Refusal } from './gate.ts';

/**
 * Why nothing is done to such a guest: it is declared as running, or the actions need it to go on. Null where neither is so. Where something holds it, such as
 * a backup that pauses it, it is only waited for where its health is to be checked.
 */
export function whyHalted(
  program: Program,
  spec: GuestSpec,
  conf: GuestConf,
  { halted }: GuestObservation,
  actions: readonly Action[],
): Refusal | null {
  if (halted === undefined) return null;
  if (conf.settings['lock'] !== undefined) return spec.health === null ? null : locked(program, spec.id, conf);
  const isNeeded = actions.length === 0 ? spec.final === 'running' : actions.some(needsGuest);
  const mayStart = spec.final === 'running' || spec.final === 'unmanaged';
  return isNeeded ? haltedRefusal(program, spec.id, halted, mayStart ? 'restart' : 'stop') : null;
}

/** Of a guest that stands still and is to go on. @param verb with which a person may end it: one that rests is never started again */
export function haltedRefusal(program: Program, id: number, halted: string, verb: 'restart' | 'stop'): Refusal {
  const end = `${verb === 'restart' ? 'start it anew' : 'end it'}, without what it has in memory, with: phoenix ${verb} ${id}`;
  return impossible(
    `${guestName(program, id)} is in the state ${halted}: it does nothing, and a shutdown would end it like a power failure; ${remedy(id, halted, end)}`,
  );
}

/**
 * Shuts the guest down, and says what that is for one that stands still: Proxmox ends a paused VM at once; a VM after a fault and a frozen container when the
 * shutdown has timed out. (qemu-server, PVE/API2/Qemu.pm, vm_shutdown; pve-container, PVE/LXC.pm, vm_stop)
 */
export function endGuest(program: Program, id: number, halted: string | undefined): Action {
  const clean = shutDown(program, id);
  if (halted === undefined) return clean;
  return { ...clean, summary: `end ${guestName(program, id)}, which is in the state ${halted}, like a power failure` };
}

/**
 * A shutdown is a clean one only while the guest goes on. (qemu-server, PVE/API2/Qemu.pm, vm_shutdown) In a frozen container `pct` also waits for ever where it
 * changes a network or runs something, and its snapshot makes a container go on that a task of Proxmox froze. (pve-container, PVE/LXC.pm, update_net;
 * PVE/LXC/Config.pm, __snapshot_freeze)
 */
function needsGuest({ do: what }: Action): boolean {
  if (what.kind !== 'command') return false;
  return what.program === 'pct' || (what.program === 'qm' && ['shutdown', 'guest'].includes(what.args[0] ?? ''));
}

/** QEMU does not go on after a fault of its own or of the guest's kernel. (qemu-server, PVE/QemuServer/RunState.pm, vm_resume) */
function remedy(id: number, halted: string, end: string): string {
  switch (halted) {
    case 'paused':
      return `let it go on with: qm resume ${id}; or ${end}`;
    case 'frozen':
      return `${unfreezing(id)}; or ${end}`;
    case 'io-error':
      return `free space on the storage of its disks, or see the log of the node, then let it go on with: qm resume ${id}`;
    default:
      return end;
  }
}
