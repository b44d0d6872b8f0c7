// CPU models that people define for a datacenter (qemu-server, PVE/QemuServer/CPUConfig.pm): a guest has one as `custom-NAME`.

import { type Options, parseSections } from './section-config.ts';

export const CPU_MODELS_FILE = '/etc/pve/virtual-guest/cpu-models.conf';

const PREFIX = 'custom-';

export function isCustomCpu(cputype: string): boolean {
  return cputype.startsWith(PREFIX);
}

/** The name of the model that a value of the option `cpu` names (`custom-mine`, `custom-mine,flags=+aes`, `cputype=custom-mine`); null for one of QEMU's own. */
export function customModelOf(cpu: string): string | null {
  return /(?:^|,)(?:cputype=)?custom-([^,]*)/.exec(cpu)?.[1] ?? null;
}

/** By name, without the prefix. */
export function parseCpuModels(text: string): ReadonlyMap<string, Options> {
  return new Map([...parseSections(text)].map(([name, { options }]) => [name, options]));
}
