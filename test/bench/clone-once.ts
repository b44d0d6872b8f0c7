// One first clone in a process that has its modules loaded, as an agent has: `node clone-once.ts URL FOLDER MAX_MB [COMMIT]` prints what
// it cost, with COMMIT also what it cost to tell whether that is before the head.

import { enableCompileCache } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { limitsOf } from '../../src/io/git/remote/http.ts';
import { openRepository } from '../../src/io/git/repository.ts';
import { READING } from '../../src/load/reading.ts';
import type { CommitSha } from '../../src/model/ids.ts';

export interface CloneCost {
  readonly fetchMs: number;
  /** For the whole history; null when not requested. */
  readonly deepenMs: number | null;
  /** The longest time for which the event loop was blocked. */
  readonly heldMs: number;
  /** Peak of the additional memory of the process, in MB. */
  readonly grewMb: number;
}

// As main.ts does.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/phoenix', import.meta.url)));

const [url = '', folder = '', maxMb = '200', commit] = process.argv.slice(2);
const RESOLUTION_MS = 1;

const log = { info: () => {}, warn: () => {}, error: () => {} };
const repository = openRepository({ url, branch: 'main', folder, log, ...READING, limits: limitsOf(Number(maxMb)) });
const before = process.memoryUsage.rss();
const held = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
held.enable();
const began = performance.now();
const head = await repository.fetch();
const fetchMs = performance.now() - began;
if (head === null) throw new Error('the branch is not there');
await repository.snapshot(head);
let deepenMs: number | null = null;
if (commit !== undefined) {
  const asked = performance.now();
  if (!(await repository.isAncestor(commit as CommitSha, head))) throw new Error('the history has no beginning');
  deepenMs = performance.now() - asked;
}
held.disable();
await repository.close();
const cost: CloneCost = {
  fetchMs,
  deepenMs,
  heldMs: held.max / 1e6 - RESOLUTION_MS,
  grewMb: process.resourceUsage().maxRSS / 1024 - before / 2 ** 20,
};
process.stdout.write(JSON.stringify(cost));
