/**
 * What alert channels need kept: their addresses, sealed, and the secrets that webhooks are signed with, which are
 * derived from the pepper and stored nowhere.
 */
const NONCE_BYTES = 12
const SECRET_PREFIX = 'whsec_'

type Channel = Readonly<{ id: string; secretVersion: number }>

export class ChannelSecrets {
  readonly #peppers: readonly Promise<{ readonly sign: CryptoKey; readonly seal: CryptoKey }>[]

  /** @param peppers the current pepper first, then the one before the last rotation */
  constructor(peppers: readonly string[]) {
    this.#peppers = peppers.map(keysOf)
  }

  /** An earlier pepper is still known: what it sealed can be sealed anew. */
  get rotating(): boolean {
    return this.#peppers.length > 1
  }

  /** The secret a receiver checks signatures with. Shown when it is made or replaced, and never again. */
  async secretOf(channel: Channel): Promise<string> {
    return this.#secret(0, channel)
  }

  /**
   * The header that proves a body is Headgate's, and when it was sent: `t=<seconds since epoch>,v1=<hex>`, where `v1` is
   * the HMAC-SHA256, under the channel's secret, of `<t>.<body>`. While the operator changes the pepper there are two
   * `v1`; one that is right is enough. A receiver checks it like this, and refuses what is older than five minutes:
   *
   * ```js
   * import { createHmac, timingSafeEqual } from 'node:crypto'
   *
   * function isFromHeadgate(secret, header, body) {
   *   const parts = header.split(',').map((part) => part.split('='))
   *   const time = parts.find(([name]) => name === 't')?.[1] ?? ''
   *   if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false
   *   const right = createHmac('sha256', secret).update(`${time}.${body}`).digest()
   *   return parts.some(([name, hex]) => {
   *     const given = name === 'v1' ? Buffer.from(hex, 'hex') : Buffer.alloc(0)
   *     return given.length === right.length && timingSafeEqual(given, right)
   *   })
   * }
   * ```
   */
  async signature(channel: Channel, body: string, now: number): Promise<string> {
    const time = Math.floor(now / 1000)
    const parts = [`t=${time}`]
    for (let pepper = 0; pepper < this.#peppers.length; pepper++) {
      const key = await hmacKey(await this.#secret(pepper, channel))
      parts.push(`v1=${hex(await hmac(key, `${time}.${body}`))}`)
    }
    return parts.join(',')
  }

  /** Seals an address for its channel; one that is moved to another channel's row does not open. */
  async seal(channelId: string, text: string): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const { seal } = await this.#peppers[0]!
    const sealed = await crypto.subtle.encrypt(gcm(nonce, channelId), seal, bytes(text))
    return `${hex(nonce)}.${hex(new Uint8Array(sealed))}`
  }

  /** Null: it was sealed under a pepper that is gone, or is not this channel's. `stale`: under the pepper before. */
  async open(channelId: string, sealed: string): Promise<{ readonly text: string; readonly stale: boolean } | null> {
    const [nonce = '', body = ''] = sealed.split('.')
    for (let pepper = 0; pepper < this.#peppers.length; pepper++) {
      const { seal } = await this.#peppers[pepper]!
      try {
        const opened = await crypto.subtle.decrypt(gcm(unhex(nonce), channelId), seal, unhex(body))
        return { text: new TextDecoder().decode(opened), stale: pepper > 0 }
      } catch {
        // The next pepper may open it.
      }
    }
    return null
  }

  async #secret(pepper: number, { id, secretVersion }: Channel): Promise<string> {
    const { sign } = await this.#peppers[pepper]!
    return SECRET_PREFIX + hex(await hmac(sign, `alert channel secret\n${id}\n${secretVersion}`))
  }
}

async function keysOf(pepper: string): Promise<{ sign: CryptoKey; seal: CryptoKey }> {
  const sign = await hmacKey(pepper)
  const raw = await hmac(sign, 'alert channel addresses')
  return { sign, seal: await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']) }
}

function hmacKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

async function hmac(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes(text)))
}

function gcm(nonce: Uint8Array, channelId: string): SubtleCryptoEncryptAlgorithm {
  return { name: 'AES-GCM', iv: nonce, additionalData: bytes(channelId) }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function hex(from: Uint8Array): string {
  let text = ''
  for (const byte of from) text += byte.toString(16).padStart(2, '0')
  return text
}

function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
