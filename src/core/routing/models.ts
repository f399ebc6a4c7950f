/**
 * Every model Headgate knows by itself. A table; teams add their own models in their policy.
 */
import type { CatalogModel } from './catalog.ts'
import { CLAUDE_MODELS } from './models-claude.ts'
import { GPT_MODELS } from './models-gpt.ts'

export const KNOWN_MODELS: readonly CatalogModel[] = [...CLAUDE_MODELS, ...GPT_MODELS]
