// VMs that count as running although their processors stand still: a person paused them, or QEMU did after a fault.

import type { Action } from '../../../model/action.ts';
import type { GuestSpec } from '../guest-spec.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { guestName } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { impossible, type Refusal } from './gate.ts';

/**
 * Why nothing is done to such a VM: it is declared as running, or the actions need it to go on. Null where neither is so, or something holds it, such as a
 * backup that pauses it.
 */
export function whyHalted(
  spec: GuestSpec,
  conf: GuestConf,
  { halted }: GuestObservation,
  actions: readonly Action[],
): Refusal | null {
  if (halted === undefined || conf.settings['lock'] !== undefined) return null;
  const isNeeded = actions.length === 0 ? spec.final === 'running' : actions.some(needsGuest);
  const mayStart = spec.final === 'running' || spec.final === 'unmanaged';
  return isNeeded ? haltedRefusal(spec.id, halted, mayStart ? 'restart' : 'stop') : null;
}

/** Of a guest that stands still and is to go on. @param verb with which a person may end it: one that rests is never started again */
export function haltedRefusal(id: number, halted: string, verb: 'restart' | 'stop'): Refusal {
  const end = `${verb === 'restart' ? 'start it anew' : 'end it'}, without what it has in memory, with: phoenix ${verb} ${id}`;
  return impossible(
    `${guestName('qm', id)} is in the state ${halted}: it does nothing, and a shutdown would end it like a power failure; ${remedy(id, halted, end)}`,
  );
}

/** A shutdown is a clean one only while the VM goes on. (qemu-server, PVE/API2/Qemu.pm, vm_shutdown) */
function needsGuest({ do: what }: Action): boolean {
  return what.kind === 'command' && what.program === 'qm' && ['shutdown', 'guest'].includes(what.args[0] ?? '');
}

/** QEMU does not go on after a fault of its own or of the guest's kernel. (qemu-server, PVE/QemuServer/RunState.pm, vm_resume) */
function remedy(id: number, halted: string, end: string): string {
  switch (halted) {
    case 'paused':
      return `let it go on with: qm resume ${id}; or ${end}`;
    case 'io-error':
      return `free space on the storage of its disks, or see the log of the node, then let it go on with: qm resume ${id}`;
    default:
      return end;
  }
}
