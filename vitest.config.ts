import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real Redis, Git and child processes share two cores: more workers than that only make every test slower.
    maxWorkers: 2,
  },
});
