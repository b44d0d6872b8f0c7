// VMs with a custom CPU model: the model must exist before the VM names it, since Proxmox refuses the VM otherwise.

import { type TargetId, targetId } from '../../model/ids.ts';
import { CPU_MODELS_FILE, customModelOf, parseCpuModels } from '../../proxmox/cpu-models.ts';
import { impossible, type Refusal } from '../guest/lifecycle/gate.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import type { HostReader, Wanted } from '../manager.ts';
import type { VmSpec } from './vm-spec.ts';

type Cpu = Pick<VmSpec, 'cpu_type' | 'options'>;

/** The custom model's name without the prefix `custom-`; null for one of QEMU's models. */
function customCpuOf({ cpu_type, options: { cpu = '' } }: Cpu): string | null {
  return customModelOf(cpu_type ?? (typeof cpu === 'string' ? cpu : (cpu['cputype'] ?? '')));
}

/** The target of the model, which must be applied first where it is declared. */
export function cpuNeeds(cpu: Cpu): TargetId[] {
  const model = customCpuOf(cpu);
  return model === null ? [] : [targetId('cpu', model)];
}

/** The observation with the existing custom models added, if the VM uses one. */
export async function withCpuModels(
  host: HostReader,
  { spec }: Wanted<VmSpec>,
  seen: GuestObservation,
): Promise<GuestObservation> {
  if (spec === undefined || customCpuOf(spec) === null) return seen;
  const cpuModels = [...parseCpuModels((await host.readFile(CPU_MODELS_FILE)) ?? '').keys()];
  return { ...seen, host: { ...seen.host, cpuModels } };
}

/** Null where the host has the model, the commit declares it, or models were not read. */
export function missingCpu({ declares }: Wanted<VmSpec>, spec: VmSpec, { host }: GuestObservation): Refusal | null {
  const model = customCpuOf(spec);
  const isThere = host.cpuModels?.includes(model ?? '') !== false;
  if (model === null || isThere || declares?.(targetId('cpu', model)) === true) return null;
  return impossible(
    `CPU model ${model} of VM ${spec.id} is not on the host; declare it in cpu_models of the file of the datacenter, or give the VM another CPU`,
  );
}
