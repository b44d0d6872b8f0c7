// Git's operations in the thread of the test: starting one for each repository would take longer than most tests. The thread itself has
// test/io/git/thread.test.ts.

import type { Thread, ThreadDeps } from '../../../src/io/git/thread/thread.ts';
import { openWork } from '../../../src/io/git/work.ts';

/** For the second parameter of `openRepository`. */
export function inThisThread(parts: ThreadDeps): Thread {
  const work = openWork(parts);
  return {
    ask: (operation, ...args) => (work[operation] as (...given: readonly unknown[]) => never)(...args),
    async close() {},
  };
}
