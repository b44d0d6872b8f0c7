// The everyday file programs of a machine.

import { CHANGING } from './change.ts';
import { LOOKING } from './look.ts';
import type { TreeProgram } from './tree.ts';

export const FILE_PROGRAMS: Readonly<Record<string, TreeProgram>> = { ...LOOKING, ...CHANGING };
