/**
 * Virtual keys: `hg_<team id><secret><check>`, all in lower-case Crockford base32.
 *
 * The team id addresses the team's ledger without a lookup, and the check lets a mistyped or forged key be refused
 * before any object is called. One HMAC gives both the check (its first 5 bytes) and the stored hash (the rest), so a
 * stored hash never tells the key, and a key costs one hash when an isolate first meets it.
 */
import { Recent } from '../core/recent.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TEAM_ID_BYTES = 10
const SECRET_BYTES = 32
const CHECK_BYTES = 5
const TEAM_ID_CHARS = 16
const SECRET_CHARS = 52
const CHECK_CHARS = 8
const PARTS = `([${ALPHABET}]{${TEAM_ID_CHARS}})([${ALPHABET}]{${SECRET_CHARS}})([${ALPHABET}]{${CHECK_CHARS}})$`
const KEY_PATTERN = new RegExp(`^hg_${PARTS}`)
const ADMIN_TOKEN_PATTERN = new RegExp(`^hga_${PARTS}`)

export interface VerifiedKey {
  readonly teamId: string
  /** Hex; what the team's ledger stores instead of the key. */
  readonly keyHash: string
}

export interface IssuedKey extends VerifiedKey {
  /** The key itself: shown once, stored nowhere. */
  readonly key: string
}

/** A token of the admin API, `hga_<token id><secret><check>`: made and checked as keys are. */
export interface IssuedAdminToken {
  readonly tokenId: string
  readonly hash: string
  /** The token itself: shown once, stored nowhere. */
  readonly token: string
}

/** Keys and sessions that one isolate meets; what it remembers of them is no more than the peppers it holds can tell. */
const MOST_KEYS = 2_000
const MOST_SESSIONS = 5_000
/** A session's id is the client's: a long one is worked out each time instead of being kept. */
const LONGEST_KEPT = 400

/** Issues and verifies keys with a pepper that no storage holds. Make one per isolate: the HMAC keys are imported once. */
export class ApiKeys {
  readonly #peppers: readonly Promise<CryptoKey>[]
  readonly #verified = new Recent<VerifiedKey>(MOST_KEYS)
  readonly #named = new Recent<string>(MOST_SESSIONS)

  /** @param peppers the current pepper first, then those that older keys were issued with */
  constructor(peppers: readonly string[]) {
    this.#peppers = peppers.map((pepper) =>
      crypto.subtle.importKey('raw', new TextEncoder().encode(pepper), { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
      ]),
    )
  }

  async issue(teamId: string): Promise<IssuedKey> {
    const { text, hash } = await this.#issue(`hg_${teamId}`)
    return { key: text, teamId, keyHash: hash }
  }

  async issueAdminToken(): Promise<IssuedAdminToken> {
    const tokenId = newTeamId()
    const { text, hash } = await this.#issue(`hga_${tokenId}`)
    return { token: text, tokenId, hash }
  }

  /** Null: not a key this gateway issued. Whether it still is valid, the team's ledger knows. */
  async verify(key: string): Promise<VerifiedKey | null> {
    const known = this.#verified.get(key)
    if (known !== undefined) return known
    const found = await this.#verify(key, KEY_PATTERN)
    return found === null ? null : this.#verified.keep(key, { teamId: found.id, keyHash: found.hash })
  }

  /** Null: not a token this gateway issued. The hash is to be compared with the stored one, by `sameText`. */
  async verifyAdminToken(token: string): Promise<Omit<IssuedAdminToken, 'token'> | null> {
    const found = await this.#verify(token, ADMIN_TOKEN_PATTERN)
    return found === null ? null : { tokenId: found.id, hash: found.hash }
  }

  async #issue(prefix: string): Promise<{ readonly text: string; readonly hash: string }> {
    const body = prefix + base32(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
    const mac = await this.#mac(0, body)
    return { text: body + checkOf(mac), hash: hashOf(mac) }
  }

  async #verify(text: string, pattern: RegExp): Promise<{ readonly id: string; readonly hash: string } | null> {
    const parts = pattern.exec(text)
    if (parts === null) return null
    const [, id = '', , check = ''] = parts
    const body = text.slice(0, -CHECK_CHARS)
    for (let pepper = 0; pepper < this.#peppers.length; pepper++) {
      const mac = await this.#mac(pepper, body)
      if (sameText(checkOf(mac), check)) return { id, hash: hashOf(mac) }
    }
    return null
  }

  /**
   * Names a session's object: no caller can name a session of another key, because the name needs the pepper.
   * @returns 32 hex digits
   */
  async sessionName(keyHash: string, session: string): Promise<string> {
    const told = `session\n${keyHash}\n${session}`
    const known = this.#named.get(told)
    if (known !== undefined) return known
    const mac = await this.#mac(0, told)
    const name = hex(mac.subarray(0, 16))
    return told.length > LONGEST_KEPT ? name : this.#named.keep(told, name)
  }

  async #mac(pepper: number, text: string): Promise<Uint8Array> {
    const key = await this.#peppers[pepper]!
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)))
  }
}

/** A random team id: 80 bits, 16 characters of the key alphabet. */
export function newTeamId(): string {
  return base32(crypto.getRandomValues(new Uint8Array(TEAM_ID_BYTES)))
}

function checkOf(mac: Uint8Array): string {
  return base32(mac.subarray(0, CHECK_BYTES))
}

function hashOf(mac: Uint8Array): string {
  return hex(mac.subarray(CHECK_BYTES))
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Compares two secrets in time that tells nothing of where they differ. */
export function sameText(left: string, right: string): boolean {
  const a = new TextEncoder().encode(left)
  const b = new TextEncoder().encode(right)
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b)
}
