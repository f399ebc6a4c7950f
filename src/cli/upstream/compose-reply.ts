/** Turns a scripted reply or the agent's next move into an answer, counted in the model's tokens. */
import { nextMove, type AgentView } from './agent-script.ts'
import { freshId } from './ids.ts'
import { textPart, type Reply, type ReplyPart, type StopCause } from './reply.ts'
import type { ScriptedReply } from './script.ts'
import { countTokens, fillerOf } from './token-count.ts'

/** What a dialect says about the model that answers. */
interface Speaker {
  ratio: number
  callIdPrefix: string
  /** An explanation of a refusal is said, and billed, as output. */
  saysRefusals: boolean
  /** Tokens the model thinks by itself, 0 when thinking is off. */
  thinkingTokens: number
}

const THOUGHT = 'Scripted thought about the next step.'

/** The answer to a request: as scripted, or what the agent would do. */
export function composeReply(view: AgentView, scripted: ScriptedReply | undefined, speaker: Speaker): Reply {
  const parts = [...thinkingParts(scripted, speaker), ...spokenParts(view, scripted, speaker)]
  const calls = parts.some((part) => part.kind === 'tool')
  const stop: StopCause = scripted?.stop ?? (calls ? 'tool' : 'end')
  const explanation = scripted?.refusalExplanation ?? 'The scripted provider was asked to refuse.'
  const refuses = stop === 'refusal'
  return {
    parts: refuses && scripted?.text === undefined ? [] : parts,
    stop,
    stopSequence: null,
    stopDetails: refuses ? { category: scripted?.refusalCategory ?? 'general_harms', explanation } : null,
    refusalTokens: refuses && speaker.saysRefusals ? countTokens(explanation, speaker.ratio) : 0,
  }
}

function thinkingParts(scripted: ScriptedReply | undefined, speaker: Speaker): ReplyPart[] {
  const tokens = scripted?.thinkingTokens ?? (scripted?.thinking === undefined ? speaker.thinkingTokens : null)
  const text = scripted?.thinking ?? THOUGHT
  if (tokens === 0 || speaker.thinkingTokens === 0) return []
  return [{ kind: 'thinking', text, tokens: tokens ?? countTokens(text, speaker.ratio) }]
}

function spokenParts(view: AgentView, scripted: ScriptedReply | undefined, speaker: Speaker): ReplyPart[] {
  const { ratio } = speaker
  const wordless = scripted?.text === undefined && scripted?.outputTokens === undefined
  if (scripted === undefined || (wordless && scripted.toolCalls === undefined)) return moveParts(view, speaker)
  const parts: ReplyPart[] = []
  const text = scripted.text ?? (scripted.outputTokens === undefined ? '' : fillerOf(scripted.outputTokens, ratio))
  if (text !== '') parts.push({ kind: 'text', text, tokens: scripted.outputTokens ?? countTokens(text, ratio) })
  for (const call of scripted.toolCalls ?? []) {
    const tool = view.tools.find((candidate) => candidate.name === call.name)
    parts.push(callPart(call.name, call.input, tool?.custom ?? typeof call.input === 'string', speaker))
  }
  return parts
}

function moveParts(view: AgentView, speaker: Speaker): ReplyPart[] {
  const move = nextMove(view)
  if (move.kind === 'say') return [textPart(move.text, speaker.ratio)]
  const said = move.say === '' ? [] : [textPart(move.say, speaker.ratio)]
  return [...said, callPart(move.tool.name, move.input, move.tool.custom, speaker)]
}

function callPart(name: string, input: unknown, custom: boolean, speaker: Speaker): ReplyPart {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return {
    kind: 'tool',
    id: freshId(speaker.callIdPrefix),
    name,
    input: text,
    custom,
    tokens: countTokens(name + text, speaker.ratio),
  }
}
