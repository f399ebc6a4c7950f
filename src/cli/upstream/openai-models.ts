/**
 * What each OpenAI model accepts, and how its prompt cache bills. A table; dated snapshots mean their base model.
 * https://platform.openai.com/docs/models
 */

/** One row. Token counts are integers. */
export interface OpenAiModel {
  id: string
  contextTokens: number
  maxOutputTokens: number
  /** Reasoning models refuse sampling parameters and `max_tokens`. */
  reasoning: boolean
  /** The effort levels of `reasoning.effort`, the default first. Empty for models that do not reason. */
  efforts: string[]
  /** Cache writes are billed and matched at breakpoints only (5.6 and later). */
  billsCacheWrites: boolean
  /** Prompts above this many tokens are billed at the long-context price, or null. */
  longPromptTokens: number | null
  createdAtSeconds: number
}

const CLASSIC = { reasoning: false, efforts: [] as string[], billsCacheWrites: false, longPromptTokens: null }
const GPT5 = ['medium', 'minimal', 'low', 'high']
const GPT54 = ['none', 'low', 'medium', 'high', 'xhigh']
const GPT55 = ['medium', 'none', 'low', 'high', 'xhigh']

function classic(id: string, contextTokens: number, maxOutputTokens: number): OpenAiModel {
  return { id, contextTokens, maxOutputTokens, createdAtSeconds: 1_744_316_542, ...CLASSIC }
}

function reasoning(id: string, efforts: string[], row: Partial<OpenAiModel> = {}): OpenAiModel {
  return {
    id,
    contextTokens: 400_000,
    maxOutputTokens: 128_000,
    reasoning: true,
    efforts,
    billsCacheWrites: false,
    longPromptTokens: null,
    createdAtSeconds: 1_754_425_777,
    ...row,
  }
}

const LONG = { contextTokens: 1_050_000, longPromptTokens: 272_000 }
const NEWER = { ...LONG, billsCacheWrites: true, createdAtSeconds: 1_790_000_000 }

/** Every OpenAI model the scripted provider knows; any other name is `model_not_found`. */
export const OPENAI_MODELS: readonly OpenAiModel[] = [
  classic('gpt-4o', 128_000, 16_384),
  classic('gpt-4o-mini', 128_000, 16_384),
  classic('gpt-4.1', 1_047_576, 32_768),
  classic('gpt-4.1-mini', 1_047_576, 32_768),
  classic('gpt-4.1-nano', 1_047_576, 32_768),
  classic('gpt-3.5-turbo-instruct', 4_096, 4_096),
  reasoning('o3', ['medium', 'low', 'high'], { contextTokens: 200_000, maxOutputTokens: 100_000 }),
  reasoning('o4-mini', ['medium', 'low', 'high'], { contextTokens: 200_000, maxOutputTokens: 100_000 }),
  reasoning('gpt-5', GPT5),
  reasoning('gpt-5-mini', GPT5),
  reasoning('gpt-5-nano', GPT5),
  reasoning('gpt-5.4', GPT54, LONG),
  reasoning('gpt-5.4-mini', GPT54),
  reasoning('gpt-5.4-nano', GPT54),
  reasoning('gpt-5.5', GPT55, LONG),
  reasoning('gpt-5.6-luna', GPT55, NEWER),
  reasoning('gpt-6-luna', GPT55, NEWER),
  reasoning('gpt-6-sol', GPT55, NEWER),
  reasoning('gpt-6.1-terra', GPT55, NEWER),
  reasoning('gpt-6.1-sol', GPT55, NEWER),
  reasoning('gpt-6-astra', GPT55, NEWER),
]

/** The model a name means (a `-YYYY-MM-DD` suffix is a snapshot of it), or null. */
export function findOpenAiModel(name: string): OpenAiModel | null {
  const base = name.replace(/-\d{4}-\d{2}-\d{2}$/, '')
  return OPENAI_MODELS.find((row) => row.id === base) ?? null
}
