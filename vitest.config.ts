import { defineConfig } from 'vitest/config';

const PURE = 'test/{config,plan,say}/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Written for two cores: a third worker fills the time in which tests wait for Redis, Git and child processes.
    maxWorkers: 3,
    projects: [
      // Nothing is shared but what is loaded, and that once.
      { extends: true, test: { name: 'pure', include: [PURE], isolate: false } },
      { extends: true, test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [PURE] } },
    ],
  },
});
