// Where the thread that does Git's work begins: what it runs is loaded as the agent's own code was, from the cache of compiled code.

import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadOptions } from './thread-words.ts';

const options = workerData as ThreadOptions;
if (options.compileCache !== null) enableCompileCache(options.compileCache);
const { run } = await import('./thread-work.ts');
if (parentPort !== null) run(parentPort, options);
