import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { COMPILE_CACHE } from './test/support/compile-cache.ts';
import { runs } from './test/support/runs.ts';

/**
 * Files that take longest begin first, so that none of them goes on alone at the end; and those that start many processes, which costs
 * a worker more the more memory it has.
 */
const LONG = ['torture', 'cli/', 'story', 'ports/host', 'io/', 'config/schema/option', 'agent', 'managers'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((part) => moduleId.includes(`/test/${part}`));
      return found < 0 ? LONG.length : found;
    };
    // Vitest's own order is by how long each file took last, or its size: in a folder, the longest of these first.
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

// Most work of libuv's threads in tests is to open, read and close small files. With four threads each of these wakes another one; with one, test/managers
// takes a tenth less.
process.env['UV_THREADPOOL_SIZE'] ??= '1';

/** Whether files or folders of tests are named on the command line. */
const isPart = process.argv.slice(2).some((word) => word.includes('test/'));

export default defineConfig({
  test: {
    tags: [
      {
        name: 'long',
        description: 'starts whole programs, repeats a test for another forge, or tries hundreds of inputs',
        timeout: runs(180_000),
      },
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: [
      'test/support/scratch.ts',
      'test/support/compile-cache.ts',
      // Where only some files run, who needs the release builds it: most do not.
      ...(isPart ? [] : ['test/support/release.ts']),
    ],
    // Written for two cores: two more workers fill the time in which tests wait for Redis, Git and child processes; with six they wait for each other. Where
    // only some files run, what each worker loads and compiles first, two to four seconds, is more than that.
    maxWorkers: isPart ? 2 : 4,
    sequence: { sequencer: LongestFirst },
    // Of the processes that tests start, nothing is counted.
    coverage: { include: ['{src,lab/src}/**/*.ts'], reporter: ['text-summary', 'html'] },
    // Processes that tests start take over what others before them compiled.
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE },
    include: ['{test,lab/test}/**/*.test.ts'],
    // Files of one worker share what is loaded, so no test leaves anything changed in what it imports.
    isolate: false,
    // Node loads the files itself, as it does in production: nothing is rewritten, and no test replaces a module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
