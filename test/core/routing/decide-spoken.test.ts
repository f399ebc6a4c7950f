import { describe, expect, it } from 'vitest'
import { DIALECTS, type DialectName } from '../../../src/core/dialects/dialect.ts'
import { decideSpoken } from '../../../src/core/routing/decide-spoken.ts'
import { routeInput, type Changes } from './route-input.ts'

const HAIKU = 'anthropic/claude-haiku-4-5'
const SONNET = 'anthropic/claude-sonnet-4-6'
const OPUS = 'anthropic/claude-opus-4-6'
const NANO = 'openai/gpt-4.1-nano'
/** Dearer than either. */
const GPT = 'openai/gpt-5.5'

interface Spoken {
  readonly target: string | null
  readonly refusal: string | null
  /** The dialects it can be told in were asked for. */
  readonly asked: boolean
}

/** A call in Chat Completions over these tiers. */
function decide(tiers: Readonly<Record<string, readonly string[]>>, changes: Changes = {}): Spoken {
  return decideTellable(DIALECTS, tiers, changes)
}

function decideTellable(
  tellable: readonly DialectName[],
  tiers: Readonly<Record<string, readonly string[]>>,
  { policy, ...changes }: Changes,
): Spoken {
  let asked = false
  const input = routeInput({
    request: { dialects: ['openai-chat-completions'] },
    policy: { catalog: { preset: 'none', tiers: tiers as Record<string, string[]> }, ...policy },
    ...changes,
  })
  const { target, refusal } = decideSpoken(input, () => {
    asked = true
    return tellable
  })
  return { target: target?.id ?? null, refusal, asked }
}

describe('where a call is translated when needed', () => {
  it('stays among targets of its own dialect while one of them suffices, dearer or not', () => {
    expect(decide({ 1: [HAIKU, NANO], 3: [OPUS] }, { task: 'docstring' })).toEqual({
      target: NANO,
      refusal: null,
      asked: false,
    })
    expect(decide({ 1: [HAIKU, GPT] }, { task: 'docstring' })).toMatchObject({ target: GPT, asked: false })
  })

  it('goes elsewhere where none of them can serve it', () => {
    expect(decide({ 1: [HAIKU] }, { task: 'docstring' })).toEqual({ target: HAIKU, refusal: null, asked: true })
    expect(decide({ 1: [NANO, HAIKU] }, { task: 'docstring', providers: ['anthropic'] }).target).toBe(HAIKU)
  })

  it('goes elsewhere for a tier that the work asks for, and for no less than that', () => {
    const architecture = { task: 'architecture' } as const
    expect(decide({ 1: [NANO], 3: [OPUS] }, architecture).target).toBe(OPUS)
    expect(decide({ 1: [NANO], 2: [SONNET] }, architecture).target).toBe(SONNET)
    expect(decide({ 1: [NANO, HAIKU] }, architecture)).toMatchObject({ target: NANO, asked: true })
    // The key allows no more: what its own dialect has suffices.
    const capped = { ...architecture, budget: { highestTier: 1 as const } }
    expect(decide({ 1: [NANO], 3: [OPUS] }, capped)).toMatchObject({ target: NANO, asked: false })
  })

  it('stays where it cannot be told otherwise, or nobody else can serve it', () => {
    const own = ['openai-chat-completions'] as const
    expect(decideTellable(own, { 1: [HAIKU] }, { task: 'docstring' })).toEqual({
      target: null,
      refusal: 'no_target',
      asked: true,
    })
    expect(decide({ 1: [HAIKU] }, { providers: ['openai'] })).toMatchObject({ target: null, refusal: 'no_target' })
  })
})

describe('a policy', () => {
  it('never to translate keeps a call among its own, if none is there', () => {
    const never = { policy: { translation: 'never' } } as const
    expect(decide({ 1: [NANO], 3: [OPUS] }, { ...never, task: 'architecture' })).toMatchObject({ target: NANO })
    expect(decide({ 1: [HAIKU] }, never)).toEqual({ target: null, refusal: 'no_target', asked: false })
  })

  it('always to translate takes the cheapest of all, and its own where it is', () => {
    const always = { policy: { translation: 'always' }, task: 'docstring' } as const
    expect(decide({ 1: [HAIKU, GPT] }, always).target).toBe(HAIKU)
    expect(decide({ 1: [HAIKU, NANO] }, always).target).toBe(NANO)
    expect(decide({ 1: [HAIKU, GPT] }, { ...always, providers: ['openai'] }).target).toBe(GPT)
  })
})

it('a model that nobody knows is not looked for in other dialects', () => {
  for (const translation of ['when-needed', 'always'] as const) {
    const unknown = decide({ 1: [HAIKU] }, { policy: { translation }, signals: { requestedModel: 'no-such-model' } })
    expect(unknown).toEqual({ target: null, refusal: 'unknown_model', asked: false })
  }
})
