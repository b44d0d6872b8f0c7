// Custom CPU models of a datacenter (qemu-server, PVE/QemuServer/CPUConfig.pm), used by guests as `custom-NAME`.

import { type Options, parseSections } from '../files/section-config.ts';

export const CPU_MODELS_FILE = '/etc/pve/virtual-guest/cpu-models.conf';

const PREFIX = 'custom-';

export function isCustomCpu(cputype: string): boolean {
  return cputype.startsWith(PREFIX);
}

/** The custom model in a `cpu` value (`custom-mine`, `custom-mine,flags=+aes`, `cputype=custom-mine`); null for a QEMU model. */
export function customModelOf(cpu: string): string | null {
  return /(?:^|,)(?:cputype=)?custom-([^,]*)/.exec(cpu)?.[1] ?? null;
}

/** By name, without the prefix. */
export function parseCpuModels(text: string): ReadonlyMap<string, Options> {
  return new Map([...parseSections(text)].map(([name, { options }]) => [name, options]));
}
