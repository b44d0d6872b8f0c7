// The files of guests without the guests, which are checked one by one: one bad entry leaves the others readable.

import { z } from 'zod';
import { lxcFile } from './lxc.ts';
import { vmFile } from './vm.ts';

export const lxcEnvelope = lxcFile.extend({ lxc_configs: z.record(z.string(), z.unknown()) });
export const vmEnvelope = vmFile.extend({ vms: z.array(z.unknown()) });
