import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Everything that needs the runtime: Durable Objects, queue, D1, the Worker's own fetch. It runs inside workerd. */
export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        compatibilityFlags: ['service_binding_extra_handlers'],
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations('src/store/migrations'),
          ADMIN_TOKEN: 'admin-token-of-the-tests',
          KEY_PEPPER: 'pepper-of-the-tests',
        },
        queueConsumers: { 'headgate-decisions': { maxBatchSize: 100, maxBatchTimeout: 0.05 } },
      },
    }),
  ],
  test: {
    root: '.',
    include: ['test/workers/**/*.test.ts'],
    testTimeout: 30_000,
  },
}))
