// Target ids of stacks.

import { type TargetId, targetId } from '../../model/ids.ts';
import type { Config } from '../config.ts';
import { serverStackOf } from '../portainer-api/server-stack.ts';
import type { VmGuest } from '../vm/declared.ts';

/** A stack on a VM. */
export function stackTarget(vmid: number, name: string) {
  return targetId('stack', `${vmid}.${name}`);
}

/** The target of a stack on a VM; Portainer's own stack belongs to its server. */
export function targetOnVm(vm: VmGuest, stack: string, config: Config): TargetId {
  return serverStackOf(config, vm)?.name === stack ? targetId('portainer', 'server') : stackTarget(vm.id, stack);
}
