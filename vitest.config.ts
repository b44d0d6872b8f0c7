import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: 'test/support/scratch.ts',
    // Written for two cores: two more workers fill the time in which tests wait for Redis, Git and child processes.
    maxWorkers: 4,
    // Of the processes that tests start, nothing is counted.
    coverage: { include: ['{src,lab/src}/**/*.ts'], reporter: ['text-summary', 'html'] },
    // Processes that tests start take over what others before them compiled.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/phoenix', import.meta.url)) },
    include: ['{test,lab/test}/**/*.test.ts'],
    // Files of one worker share what is loaded, so no test leaves anything changed in what it imports.
    isolate: false,
  },
});
