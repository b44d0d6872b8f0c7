// Services of type oneshot from unit files on the node: starting one runs its commands in order.

import { existsSync, readFileSync } from 'node:fs';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { hostFileProgram } from './files.ts';
import { ifreload } from './links/programs.ts';
import { nvidiaModprobe, nvidiaSmi } from './nvidia.ts';
import { FOLDERS } from './units.ts';

/** Programs that such a service may run. */
const RUNS: Readonly<Record<string, Program>> = {
  '/usr/bin/cp': hostFileProgram('cp'),
  '/usr/bin/nvidia-modprobe': nvidiaModprobe,
  '/usr/bin/nvidia-smi': nvidiaSmi,
  '/usr/bin/rm': hostFileProgram('rm'),
  '/usr/sbin/ifreload': ifreload,
};

/** Whether it succeeded; null for other units. */
export function runOneshot(node: LabNode, unit: string): boolean | null {
  const file = FOLDERS.map((folder) => pathOf(node, `${folder}/${unit}`)).find((path) => existsSync(path));
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  if (!/^Type=oneshot$/m.test(text)) return null;
  return [...text.matchAll(/^ExecStart=(-?)(\S+)(.*)$/gm)].every(([, lenient, program = '', args = '']) => {
    const words = args.split(' ').filter((word) => word !== '');
    const rc = Object.hasOwn(RUNS, program) ? RUNS[program]?.(node, words).rc : 203;
    return rc === 0 || lenient === '-';
  });
}
