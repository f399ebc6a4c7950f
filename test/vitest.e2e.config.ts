import { defineConfig } from 'vitest/config'

/** A started gateway, driven from outside over HTTP. Two files at a time: each starts processes of its own and mostly waits. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
