import { defineConfig } from 'vitest/config'

/** A started gateway, driven from outside over HTTP. Files run one after another: each starts processes of its own. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
