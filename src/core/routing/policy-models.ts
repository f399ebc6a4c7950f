/**
 * A team's own models and prices as its policy writes them: schemas, and their plain data. Prices are USD per million
 * tokens there, and nano-dollars per token after.
 */
import * as z from 'zod'
import { DIALECTS } from '../dialects/dialect.ts'
import type { DatedPrice, PriceTable } from '../pricing/price-book.ts'
import type { ModelCapabilities } from './capabilities.ts'
import type { CatalogModel } from './catalog.ts'

const tokensSchema = z.int().min(1).max(100_000_000)

const capabilitiesSchema = z.strictObject({
  windowTokens: tokensSchema,
  maxOutputTokens: tokensSchema,
  dialects: z.array(z.enum(DIALECTS)).min(1),
  tools: z.boolean().optional(),
  toolDialects: z.array(z.enum(DIALECTS)).optional(),
  chatToolsEffort: z.string().nullable().optional(),
  images: z.boolean().optional(),
  documents: z.boolean().optional(),
  jsonSchema: z.boolean().optional(),
  thinking: z.array(z.enum(['adaptive', 'budget', 'disabled', 'between-tools'])).optional(),
  thinksByDefault: z.boolean().optional(),
  efforts: z.array(z.string()).optional(),
  disabledThinkingEffort: z.string().nullable().optional(),
  sampling: z.boolean().optional(),
  prefill: z.boolean().optional(),
  forcedToolChoice: z.boolean().optional(),
  systemInMessages: z.boolean().optional(),
  rejectedBetas: z.array(z.string()).optional(),
  minCacheTokens: z.int().min(0).optional(),
  caching: z.enum(['marked', 'automatic', 'none']).optional(),
  readsThinkingOf: z.array(z.string()).optional(),
  completions: z.boolean().optional(),
  outputLimitField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
})

/** A model of the team's own: where it is, where it stands, what it can do. */
export const customModelSchema = z.strictObject({
  id: z.string().min(1).max(200),
  provider: z.string().regex(/^[^/\s]+$/, 'must be the name of a provider'),
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  displayName: z.string().max(200).optional(),
  family: z.string().max(200).optional(),
  aliases: z.array(z.string().min(1)).max(20).optional(),
  tokenizerRatio: z.number().min(0.1).max(10).optional(),
  capabilities: capabilitiesSchema,
})

/** USD per million tokens; three decimals are one nano-dollar per token. */
const usdSchema = z
  .number()
  .min(0)
  .max(1_000_000)
  .refine((usd) => Math.abs(usd * 1000 - Math.round(usd * 1000)) < 1e-6, 'at most three decimals')

const ratesSchema = z.strictObject({
  input: usdSchema,
  output: usdSchema,
  cacheRead: usdSchema.optional(),
  cacheWriteShort: usdSchema.optional(),
  cacheWriteLong: usdSchema.optional(),
})

/** A price in a policy: one set of rates, dearer ones for long prompts where the provider bills so. */
export const priceOverrideSchema = ratesSchema.extend({
  /** ISO date (UTC) from which it holds. */
  from: z.iso.date().optional(),
  steps: z
    .array(ratesSchema.extend({ abovePromptTokens: z.int().min(1) }))
    .max(5)
    .optional(),
})

type CustomModel = z.infer<typeof customModelSchema>
type PriceOverride = z.infer<typeof priceOverrideSchema>

/** What a model is taken to accept where its team declares nothing: the least that serves an agent. */
const CAPABILITY_DEFAULTS = {
  tools: true,
  chatToolsEffort: null,
  images: false,
  documents: false,
  jsonSchema: false,
  thinking: [],
  thinksByDefault: false,
  efforts: [],
  disabledThinkingEffort: null,
  sampling: true,
  prefill: false,
  forcedToolChoice: true,
  systemInMessages: true,
  rejectedBetas: [],
  minCacheTokens: 1024,
  caching: 'none',
  outputLimitField: 'max_tokens',
} as const satisfies Partial<ModelCapabilities>

/** A declared model as the catalogue holds it. */
export function toCatalogModel(declared: CustomModel): CatalogModel {
  const family = declared.family ?? declared.id
  const { toolDialects, readsThinkingOf, ...capabilities } = withoutUndefined(declared.capabilities)
  return {
    id: declared.id,
    provider: declared.provider,
    displayName: declared.displayName ?? declared.id,
    family,
    tier: declared.tier,
    aliases: declared.aliases ?? [],
    tokenizerRatio: declared.tokenizerRatio ?? 1,
    capabilities: {
      ...CAPABILITY_DEFAULTS,
      ...capabilities,
      toolDialects: toolDialects ?? declared.capabilities.dialects,
      readsThinkingOf: readsThinkingOf ?? [family],
    },
  }
}

/** Overrides as a price table. A cache price that is not stated is the input price: no discount is assumed. */
export function toDatedPrices(overrides: Readonly<Record<string, PriceOverride>>): PriceTable {
  return Object.fromEntries(Object.entries(overrides).map(([target, price]) => [target, [toDatedPrice(price)]]))
}

function toDatedPrice(price: PriceOverride): DatedPrice {
  const steps = [{ ...price, abovePromptTokens: 0 }, ...(price.steps ?? [])]
  return {
    fromAt: price.from === undefined ? 0 : Date.parse(`${price.from}T00:00:00Z`),
    steps: steps
      .sort((left, right) => left.abovePromptTokens - right.abovePromptTokens)
      .map(({ abovePromptTokens, input, output, cacheRead, cacheWriteShort, cacheWriteLong }) => ({
        abovePromptTokens,
        rates: {
          input: nano(input),
          cacheRead: nano(cacheRead ?? input),
          cacheWriteShort: nano(cacheWriteShort ?? input),
          cacheWriteLong: nano(cacheWriteLong ?? cacheWriteShort ?? input),
          output: nano(output),
        },
      })),
  }
}

function nano(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1000)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Drops keys whose value is undefined, so that they do not hide a default. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Defined<T>
}
