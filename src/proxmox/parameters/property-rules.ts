// Rules for property strings beyond the formats of their properties.

import { isCustomCpu } from '../guests/cpu-models.ts';
import { booleanOf, wholeMatch } from './perl.ts';
import { names } from './table.ts';

const CPU_FLAGS = [
  'aes',
  'amd-no-ssb',
  'amd-ssbd',
  'hv-evmcs',
  'hv-tlbflush',
  'ibpb',
  'md-clear',
  'nested-virt',
  'pcid',
  'pdpe1gb',
  'spec-ctrl',
  'ssbd',
  'virt-ssbd',
];
const BUILT_IN_CPU_TYPES = ['x86-64-v2', 'x86-64-v2-AES', 'x86-64-v3', 'x86-64-v4'];

/** By format: Proxmox's error message for an invalid combination; undefined if valid. */
export function propertiesProblem(format: string, properties: Readonly<Record<string, string>>): string | undefined {
  if (format === 'prune-backups') {
    const { 'keep-all': all, ...spans } = properties;
    return booleanOf(all ?? '0') === '1' && Object.values(spans).some((count) => Number(count) > 0)
      ? 'keep-all cannot be set together with other options.'
      : undefined;
  }
  if (format === 'backup-fleecing') {
    const { enabled = '0', storage = '' } = properties;
    return enabled === '1' && storage === '' ? "'storage' parameter is required when 'enabled' is set" : undefined;
  }
  if (format !== 'pve-vm-cpu-conf') return undefined;
  const { cputype = '', flags = '', 'reported-model': reported } = properties;
  if (cputype === '' || cputype === '0') return 'CPU is missing cputype';
  // Whether a custom model exists is not part of the format (see ../guests/cpu-models.ts).
  if (!isCustomCpu(cputype) && !names.cpuModels.includes(cputype) && !BUILT_IN_CPU_TYPES.includes(cputype))
    return `Built-in cputype '${cputype}' is not defined (missing 'custom-' prefix?)`;
  const flag = `[+-](?:${CPU_FLAGS.join('|')})`;
  if (flags !== '' && flags !== '0' && !wholeMatch(`${flag}(;${flag})*`).test(flags))
    return `VM-specific CPU flags must be a subset of: ${CPU_FLAGS.join(', ')}`;
  return reported === undefined ? undefined : "Property 'reported-model' not allowed in VM-specific CPU config.";
}
