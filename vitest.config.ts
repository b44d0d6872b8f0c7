import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Written for two cores: a third worker fills the time in which tests wait for Redis, Git and child processes.
    maxWorkers: 3,
    // A worker takes one file after the other, so that it loads what they share once.
    isolate: false,
  },
});
