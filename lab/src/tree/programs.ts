// The file programs of a machine.

import { CHANGING_PROGRAMS } from './changing-programs.ts';
import { READING_PROGRAMS } from './reading-programs.ts';
import type { TreeProgram } from './tree.ts';

export const FILE_PROGRAMS: Readonly<Record<string, TreeProgram>> = { ...READING_PROGRAMS, ...CHANGING_PROGRAMS };
