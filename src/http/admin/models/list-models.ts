import * as z from 'zod'
import { buildPriceBook, priceOf, type Price } from '../../../core/pricing/price-book.ts'
import { buildCatalog, findTarget, targetId } from '../../../core/routing/catalog.ts'
import { resolvePolicy } from '../../../core/routing/policy.ts'
import { ANYONE } from '../actor.ts'
import { defineRoute } from '../define-route.ts'
import { tier, yesOrNo } from '../fields.ts'
import { currentPolicy } from '../policy/stored-policy.ts'

const rates = z
  .strictObject({
    input: z.number(),
    cacheRead: z.number(),
    cacheWriteShort: z.number(),
    cacheWriteLong: z.number(),
    output: z.number(),
  })
  .meta({ description: 'Integer nano-dollars a token: 1,000 is one dollar per million.' })

const price = z
  .discriminatedUnion('status', [
    z.strictObject({
      status: z.literal('priced'),
      source: z.enum(['policy', 'own', 'genai-prices']),
      steps: z.array(z.strictObject({ abovePromptTokens: z.int(), rates })),
    }),
    z.strictObject({ status: z.literal('unpriced') }),
  ])
  .meta({ description: '`unpriced`: nobody told its price. It is not free, and under a hard budget it is refused.' })

const usdPerMillion = z.number().nullable().meta({ description: 'For short prompts; null: unpriced.' })

export const showModels = defineRoute({
  name: 'models list',
  method: 'GET',
  path: '/teams/:teamId/models',
  summary: "List the models of the team's catalogue, with what they accept and cost.",
  allow: ANYONE,
  query: z.strictObject({
    all: yesOrNo.meta({ description: 'Also models that no tier lists, which a client may still ask for by name.' }),
  }),
  answer: z.strictObject({
    models: z.array(
      z.strictObject({
        target: z.string(),
        displayName: z.string(),
        tier,
        listed: z.boolean().meta({ description: 'A tier lists it, so calls are routed to it.' }),
        available: z.boolean().meta({ description: 'Its provider is configured here.' }),
        inputUsdPerMillion: usdPerMillion,
        outputUsdPerMillion: usdPerMillion,
        price,
        aliases: z.array(z.string()),
        capabilities: z.record(z.string(), z.unknown()).meta({ description: 'What a request to it may hold.' }),
      }),
    ),
  }),
  columns: ['target', 'tier', 'listed', 'available', 'inputUsdPerMillion', 'outputUsdPerMillion'],
  async handle(call) {
    const policy = resolvePolicy((await currentPolicy(call)).policy)
    const catalog = buildCatalog(policy.catalog)
    const book = buildPriceBook(policy.prices)
    const { configured } = call.composition.gateway.ports.providers
    const models = [...new Set(catalog.models.values())].map((model) => {
      const id = targetId(model)
      const listed = findTarget(catalog, id)
      const known = priceOf(book, id, call.at)
      return {
        target: id,
        displayName: model.displayName,
        tier: listed?.tier ?? model.tier,
        listed: listed !== null,
        available: configured.has(model.provider),
        inputUsdPerMillion: perMillion(known, 'input'),
        outputUsdPerMillion: perMillion(known, 'output'),
        price: priceTold(known),
        aliases: [...model.aliases],
        capabilities: { ...model.capabilities },
      }
    })
    const shown = call.query.all ? models : models.filter(({ listed }) => listed)
    return { models: shown.sort((one, other) => one.tier - other.tier) }
  },
})

function perMillion(known: Price, kind: 'input' | 'output'): number | null {
  const first = known.status === 'priced' ? known.steps[0] : undefined
  return first === undefined ? null : first.rates[kind] / 1000
}

function priceTold(known: Price): z.infer<typeof price> {
  if (known.status === 'unpriced') return known
  return {
    status: 'priced',
    source: known.source,
    steps: known.steps.map((step) => ({ abovePromptTokens: step.abovePromptTokens, rates: { ...step.rates } })),
  }
}
