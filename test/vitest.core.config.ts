import { defineConfig } from 'vitest/config'

/** The pure core, the command line tools and the architecture: plain Node, no runtime needed. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/core/**/*.test.ts', 'test/cli/**/*.test.ts', 'test/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
  },
})
