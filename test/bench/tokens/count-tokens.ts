/** Counts by tokenizers that the gateway does not have. */
import { encode as encodeO200k } from 'gpt-tokenizer/encoding/o200k_base'
import { encode as encodeCl100k } from 'gpt-tokenizer/encoding/cl100k_base'

const ENCODERS = { o200k_base: encodeO200k, cl100k_base: encodeCl100k } as const
export type Encoding = keyof typeof ENCODERS
export const ENCODINGS = Object.keys(ENCODERS) as readonly Encoding[]

/** What stands around a text costs a few tokens as well. */
const FRAME_TOKENS = 4
/** Names of special tokens are text like any other where a file holds them. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

export class Counter {
  readonly #encode: (typeof ENCODERS)[Encoding]
  readonly #known = new Map<string, number>()

  constructor(encoding: Encoding) {
    this.#encode = ENCODERS[encoding]
  }

  /** As a provider counts a prompt of these texts. */
  prompt(texts: readonly string[]): number {
    return texts.reduce((sum, text) => sum + this.count(text) + FRAME_TOKENS, 0)
  }

  count(text: string): number {
    const tokens = this.#known.get(text) ?? this.#encode(text, AS_TEXT).length
    this.#known.set(text, tokens)
    return tokens
  }
}
