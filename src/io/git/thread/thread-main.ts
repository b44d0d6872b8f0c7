// Entry point of the Git thread: loads its code through the same compile cache as the agent's own code.

import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadOptions } from './thread-words.ts';

const options = workerData as ThreadOptions;
if (options.compileCache !== null) enableCompileCache(options.compileCache);
const { run } = await import('./thread-work.ts');
if (parentPort !== null) run(parentPort, options);
