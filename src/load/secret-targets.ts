// Maps a secret reference to its targets by where it is written: a problem of the reference blocks only these.

import type { Diagnostic } from '../config/diagnostic.ts';
import { keysOf } from '../config/read/place.ts';
import type { Config } from '../managers/config.ts';
import { HYPERVISOR_FILE, VM_FILE } from '../managers/places.ts';
import { targetOnVm } from '../managers/stack/target.ts';
import { type TargetId, targetId } from '../model/ids.ts';

/** One diagnostic per target; one without target if there is none. */
export function byTarget(diagnostic: Diagnostic, config: Config): Diagnostic[] {
  if (diagnostic.target !== undefined) return [diagnostic];
  const targets = targetsAt(diagnostic.at, config);
  return targets.length === 0 ? [diagnostic] : targets.map((target) => ({ ...diagnostic, target }));
}

function targetsAt({ file, path }: Diagnostic['at'], config: Config): TargetId[] {
  const [first, second] = keysOf(path);
  const [, stack] = /^stacks\/([^/]+)\/phoenix\.json$/.exec(file) ?? [];
  if (stack !== undefined) return first === 'environments' ? stackTargets(stack, second, config) : [];
  if (first === 'vm_defaults' && (file === VM_FILE || file === HYPERVISOR_FILE)) {
    return config.vm.map(({ id }) => targetId('vm', id));
  }
  if (file !== HYPERVISOR_FILE) return [];
  if (first === 'users') return [targetId('hypervisor', 'users')];
  return first === 'portainer_api' ? [targetId('portainer', 'server')] : [];
}

function stackTargets(stack: string, environment: string | undefined, config: Config): TargetId[] {
  return config.vm.flatMap((vm) =>
    vm.stacks
      .filter((each) => each.name === stack && each.environment === environment)
      .map(() => targetOnVm(vm, stack, config)),
  );
}
