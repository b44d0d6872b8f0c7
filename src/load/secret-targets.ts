// Which targets a reference to a secret is for, by where it is written: what is wrong with it holds back these and no others.

import type { Finding } from '../config/finding.ts';
import { keysOf } from '../config/read/place.ts';
import type { Config } from '../managers/config.ts';
import { HYPERVISOR_FILE, VM_FILE } from '../managers/places.ts';
import { targetOnVm } from '../managers/stack/target.ts';
import { type TargetId, targetId } from '../model/ids.ts';

/** One for each target; one without where it is for none. */
export function byTarget(finding: Finding, config: Config): Finding[] {
  if (finding.target !== undefined) return [finding];
  const targets = targetsAt(finding.at, config);
  return targets.length === 0 ? [finding] : targets.map((target) => ({ ...finding, target }));
}

function targetsAt({ file, path }: Finding['at'], config: Config): TargetId[] {
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
