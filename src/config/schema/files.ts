// Which schema describes which file of the config repo.

import type { z } from 'zod';
import { certificateFile } from './certificate.ts';
import { hypervisorFile } from './hypervisor.ts';
import { lxcFile } from './lxc.ts';
import { stackManifest, stacksFile } from './stack.ts';
import { vmFile } from './vm.ts';

export const HYPERVISOR_FILE = 'etc/phoenix_hypervisor_config.json';
export const LXC_FILE = 'etc/phoenix_lxc_configs.json';
export const VM_FILE = 'etc/phoenix_vm_configs.json';
export const CERTIFICATE_FILE = 'etc/certificate-manifest.json';
export const STACKS_FILE = 'etc/phoenix_stacks_config.json';

/** By the name that `phoenix schema` knows it by. */
export const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  phoenix_hypervisor_config: hypervisorFile,
  phoenix_lxc_configs: lxcFile,
  phoenix_vm_configs: vmFile,
  'certificate-manifest': certificateFile,
  phoenix_stacks_config: stacksFile,
  stack: stackManifest,
};
