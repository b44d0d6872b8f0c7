// The memory of a VM that was suspended to a disk, where Proxmox no longer counts the VM as suspended: the suspension was broken off, and somebody unlocked it.

import type { Action } from '../../../model/action.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { forgetting, impossible, type Refusal } from './gate.ts';

/**
 * Why the VM is not started: any start loads memory that its file names, also unfinished memory, and over disks that went on since. Null where it names none,
 * where the actions start nothing, and where a lock says what it is. (qemu-server, PVE/QemuServer.pm, vm_start_nolock; PVE/QemuServer/RunState.pm, vm_suspend)
 */
export function leftoverMemory(
  id: number,
  { settings }: GuestConf,
  actions: readonly Action[],
  isRunning: boolean,
): Refusal | null {
  const memory = settings['vmstate'];
  if (memory === undefined || settings['lock'] !== undefined || !actions.some(startsMachine)) return null;
  const goOn = isRunning ? '' : `; or, where it did not run since it was suspended, let it go on with: qm start ${id}`;
  return impossible(
    `VM ${id} has the memory ${memory} of a suspension that was broken off or unlocked: its start would load it, although its disks may be newer; ` +
      `${forgetting(id, settings)}${goOn}`,
  );
}

function startsMachine({ do: what }: Action): boolean {
  return what.kind === 'command' && what.program === 'qm' && what.args[0] === 'start';
}
