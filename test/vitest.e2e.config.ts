import { defineConfig } from 'vitest/config'

/** A started gateway, driven from outside over HTTP. Two files at a time: each starts processes of its own and mostly waits. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    // What is waited for comes in its own time on a busy machine; a second, the default, is no bound of ours.
    expect: { poll: { timeout: 15_000, interval: 50 } },
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Tests that say they may run side by side only wait.
    maxConcurrency: 16,
  },
})
