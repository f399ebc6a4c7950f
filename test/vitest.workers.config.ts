import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { AlertReceiver, receiveOutbound } from './support/alert-receiver.ts'

const receiver = new AlertReceiver()

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
          // Three attempts, one after the other.
          ALERT_RETRY_SECONDS: '0,0',
        },
        // Nothing a test fetches leaves this machine.
        outboundService: (request: unknown) => receiveOutbound(receiver, request as Request) as never,
        queueConsumers: {
          'headgate-decisions': { maxBatchSize: 100, maxBatchTimeout: 0.05 },
          'headgate-alerts': { maxBatchSize: 10, maxBatchTimeout: 0.05, maxRetries: 20 },
        },
      },
    }),
  ],
  test: {
    root: '.',
    include: ['test/workers/**/*.test.ts'],
    testTimeout: 30_000,
    // What is waited for comes in its own time on a busy machine; a second, the default, is no bound of ours.
    expect: { poll: { timeout: 15_000, interval: 50 } },
  },
}))
