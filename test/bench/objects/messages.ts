/** What the gateway tells a ledger and a session at a call, as the bench repeats it: of the size real ones have. */
import { NO_USAGE } from '../../../src/core/chat/usage.ts'
import type { DecisionRecord } from '../../../src/core/decisions/decision-record.ts'
import type { AdmitRequest, SettleRequest } from '../../../src/core/ledger/admission.ts'
import type { CallOpening } from '../../../src/core/session/call-opening.ts'
import type { CallOutcome } from '../../../src/core/session/call-outcome.ts'

const KEY_HASH = 'ab'.repeat(27)
const USAGE = { ...NO_USAGE, inputTokens: 900, cacheReadTokens: 25_000, outputTokens: 400 }
const PINNED = { taskType: 'bug_fix', tier: 2, target: 'anthropic/claude-sonnet', evidenceSteps: 0 } as const

/** Twelve targets weighed, as the shipped catalogue has them. */
const CONSIDERED = Array.from({ length: 12 }, (_none, index) => ({
  target: `provider-${index}/model-of-some-name-${index}`,
  tier: 2 as const,
  verdict: 'dearer',
  warmTokens: 24_500,
  nowNano: 12_345_678,
  turnNano: 98_765_432,
}))

const RECORD: Omit<DecisionRecord, 'id'> = {
  at: 1_796_000_000_000,
  teamId: '0123456789abcdef',
  keyId: 'key_0123456789abcdef01234567',
  dialect: 'anthropic-messages',
  agent: 'claude-code',
  sessionId: '11111111-2222-3333-4444-555555555555',
  threadId: 'req_0123456789abcdef01234567',
  subagent: false,
  turn: 3,
  iteration: 7,
  task: { taskType: 'bug_fix', source: 'turn', confidence: 0.8, rule: 'bug_fix.fails' },
  floor: 2,
  ceiling: 3,
  tier: 2,
  target: PINNED.target,
  provider: 'anthropic',
  model: 'claude-sonnet',
  requestedModel: 'auto',
  policyVersion: 4,
  reasons: [],
  considered: CONSIDERED,
  attempts: [],
  contextTokens: 26_000,
  turnGrowthTokens: 4_000,
  sessionGrowthTokens: 14_000,
  usage: USAGE,
  costNano: 16_200_000,
  baselineNano: 27_000_000,
  baselineMiddleNano: 16_200_000,
  baselineRequestedNano: 27_000_000,
  ownMarksNano: 16_200_000,
  overheadNano: 0,
  estimated: false,
  status: 200,
  ending: 'complete',
  stopReason: 'tool_use',
  firstByteMs: 640,
  totalMs: 4_210,
  admitMs: 3,
  adaptations: ['max_tokens:128000->64000'],
  warnings: [],
}

export function ledgerMessages(name: string) {
  const price = { 1: 4_000_000, 2: 16_000_000, 3: 27_000_000 } as const
  const dearer = { 1: 40_000_000, 2: 160_000_000, 3: 270_000_000 } as const
  const ask: Omit<AdmitRequest, 'requestId'> = {
    keyHash: KEY_HASH,
    quote: { expectedNano: price, worstNano: dearer },
    policyVersion: null,
  }
  const settlement: Omit<SettleRequest, 'reservation' | 'record'> & { record: typeof RECORD } = {
    costNano: 16_200_000,
    estimated: false,
    record: RECORD,
  }
  return {
    name,
    ask,
    settlement,
    team: { teamId: name, name: 'Bench' },
    key: { keyId: 'key_1', name: 'bench', keyHash: KEY_HASH, highestTier: 3, expiresAt: null },
    budget: { scope: 'team', keyId: null, period: 'month', limitNano: 9e15, mode: 'hard' },
  }
}

export function sessionMessages(name: string) {
  const opening: Omit<CallOpening, 'requestId' | 'prefixHashes' | 'startsTurn'> = {
    sessionId: '11111111-2222-3333-4444-555555555555',
    threadHint: null,
    agent: 'claude-code',
    subagent: false,
    utility: null,
    compaction: false,
    staticHash: 4_711,
    acknowledgement: false,
    complaint: false,
    toolResults: 1,
    toolErrors: 0,
    testsFailed: false,
    testsPassed: false,
    edited: true,
    callHash: null,
    staticBytes: 60_000,
    conversationBytes: 40_000,
    addedBytes: 2_000,
  }
  const outcome: Omit<CallOutcome, 'call'> = {
    target: PINNED.target,
    taskType: 'bug_fix',
    tier: 2,
    pinned: PINNED,
    usage: USAGE,
    tokenizerRatio: 1,
    warmed: [
      { scope: 'thread', tokens: 25_900, expiresAt: 1_796_000_300_000 },
      { scope: 'static', tokens: 15_000, expiresAt: 1_796_000_300_000 },
    ],
    costNano: 16_200_000,
    stopReason: 'tool_use',
    ending: 'complete',
  }
  return { name, opening, outcome, callsAThread: 100 }
}
