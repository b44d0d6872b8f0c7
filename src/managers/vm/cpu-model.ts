// The CPU of a VM where it is a model that people defined: it has to be there before the VM names it, since Proxmox refuses the VM otherwise.

import { type TargetId, targetId } from '../../model/ids.ts';
import { CPU_MODELS_FILE, customModelOf, parseCpuModels } from '../../proxmox/cpu-models.ts';
import { impossible, type Refusal } from '../guest/lifecycle/gate.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import type { HostReader, Wanted } from '../manager.ts';
import type { VmSpec } from './vm-spec.ts';

type Cpu = Pick<VmSpec, 'cpu_type' | 'options'>;

/** Without the prefix of `custom-mine`; null for a CPU of QEMU's own. */
function customCpuOf({ cpu_type, options: { cpu = '' } }: Cpu): string | null {
  return customModelOf(cpu_type ?? (typeof cpu === 'string' ? cpu : (cpu['cputype'] ?? '')));
}

/** The model comes first, where it is declared. */
export function cpuNeeds(cpu: Cpu): TargetId[] {
  const model = customCpuOf(cpu);
  return model === null ? [] : [targetId('cpu', model)];
}

/** What was seen of the VM, with the models that there are where its own is one of them. */
export async function withCpuModels(
  host: HostReader,
  { spec }: Wanted<VmSpec>,
  seen: GuestObservation,
): Promise<GuestObservation> {
  if (spec === undefined || customCpuOf(spec) === null) return seen;
  const cpuModels = [...parseCpuModels((await host.readFile(CPU_MODELS_FILE)) ?? '').keys()];
  return { ...seen, host: { ...seen.host, cpuModels } };
}

/** Null where the host has its model, the commit declares it, or nobody looked. */
export function missingCpu({ declares }: Wanted<VmSpec>, spec: VmSpec, { host }: GuestObservation): Refusal | null {
  const model = customCpuOf(spec);
  const isThere = host.cpuModels?.includes(model ?? '') !== false;
  if (model === null || isThere || declares?.(targetId('cpu', model)) === true) return null;
  return impossible(
    `CPU model ${model} of VM ${spec.id} is not on the host; declare it in cpu_models of the file of the datacenter, or give the VM another CPU`,
  );
}
