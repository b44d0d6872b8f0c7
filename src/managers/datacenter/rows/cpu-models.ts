// Custom CPU models of the datacenter. Guests name them as `custom-NAME`, and do not start without them.

import { CPU_MODELS_FILE, customModelOf, parseCpuModels } from '../../../proxmox/guests/cpu-models.ts';
import type { ObjectRow } from '../row.ts';

const MACHINES = '/etc/pve/qemu-server';

export const cpuModels: ObjectRow = {
  kind: 'cpu',
  field: 'cpu_models',
  label: 'CPU model',
  describes: 'CPU models by name, each one of QEMU with other flags. A VM has one by its `cpu_type`: "custom-NAME".',
  id: 'cputype',
  paths: { create: '/cluster/qemu/custom-cpu-models', change: '/cluster/qemu/custom-cpu-models/{cputype}' },
  nameFormat: {
    pattern: /^(?!custom-)[A-Za-z][A-Za-z0-9_-]{1,32}$/,
    expected: 'must be a name of 2 to 33 letters, digits, _ and -, begin with a letter, and be without "custom-"',
  },
  file: CPU_MODELS_FILE,
  read: parseCpuModels,
  mark: null,
  digest: 'sha1',
  without: [],
  required: ['reported-model'],
  defaults: { hidden: '0' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  dependents: {
    folders: [MACHINES],
    findDependent: (name, files) => {
      const holder = [...files].find(([path, text]) => path.startsWith(MACHINES) && hasModel(text, name));
      return holder === undefined ? null : `VM ${/(\d+)\.conf$/.exec(holder[0])?.[1]} still names it`;
    },
  },
  lossOnDelete: 'nothing at once; VMs that name it do not start any more',
};

/** In any section of the guest's file: rolling back to a snapshot that names the model would need it again. */
function hasModel(conf: string, name: string): boolean {
  return [...conf.matchAll(/^cpu: *(.*)$/gm)].some(([, cpu = '']) => customModelOf(cpu) === name);
}
