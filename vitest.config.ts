import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const IN_PROCESS = ['test/{cases,config,faults,managers,plan,messages}/**/*.test.ts', 'lab/test/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/scratch.ts',
    // Written for two cores: two more workers fill the time in which tests wait for Redis, Git and child processes.
    maxWorkers: 4,
    // Of the processes that tests start, nothing is counted.
    coverage: { include: ['{src,lab/src}/**/*.ts'], reporter: ['text-summary', 'html'] },
    // Processes that tests start take over what others before them compiled.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/phoenix', import.meta.url)) },
    projects: [
      // These work in the worker's own process and share nothing but what is loaded, and that once.
      { extends: true, test: { name: 'in process', include: IN_PROCESS, isolate: false } },
      { extends: true, test: { name: 'with processes', include: ['test/**/*.test.ts'], exclude: IN_PROCESS } },
    ],
  },
});
