/** The sealed content of a thinking signature: opaque to the client, readable and tamper-proof to the provider. */
import { createHmac } from 'node:crypto'

/** What a signature remembers of the block it signs. Digests, no content. */
export interface Seal {
  id: string
  model: string
  account: string
  text: string
  /** What the thinking cost to produce, and costs again as input, shown or not. */
  tokens: number
  tools: string
  system: string
  messages: string
  /** The thinking block before this one, or null for the first. */
  previous: string | null
}

const SEAL_KEY = 'scripted provider'

/** The signature that carries a seal. */
export function writeSeal(seal: Seal): string {
  const payload = Buffer.from(JSON.stringify(seal)).toString('base64url')
  return `Er${payload}.${mac(payload)}==`
}

/** The seal a signature carries, or null for a signature that was not made here or was changed. */
export function readSeal(signature: string): Seal | null {
  const [, payload, signed] = /^Er([\w-]+)\.([\w-]+)==$/.exec(signature) ?? []
  if (payload === undefined || signed !== mac(payload)) return null
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Seal
}

function mac(payload: string): string {
  return createHmac('sha256', SEAL_KEY).update(payload).digest('base64url')
}
