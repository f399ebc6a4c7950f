/**
 * People who signed in through Cloudflare Access. Where Access stands before this Worker the runtime itself says who
 * they are; else the signed assertion that Access adds to a request is checked here.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose'

export interface AccessSettings {
  /** As in `https://example.cloudflareaccess.com`. */
  readonly teamDomain: string
  /** The application's audience tag. */
  readonly audience: string
}

/** What the runtime tells of a request that Access let through. */
export interface AccessContext {
  readonly aud: string
  getIdentity(): Promise<{ readonly email?: string } | undefined>
}

/** One per isolate, since it keeps the team's public keys. */
export class AccessIdentities {
  readonly #settings: AccessSettings | null
  readonly #keys: JWTVerifyGetKey | null

  /** @param settings null: only the runtime's own word counts */
  constructor(settings: AccessSettings | null) {
    this.#settings = settings
    this.#keys = settings === null ? null : createRemoteJWKSet(new URL(`${settings.teamDomain}/cdn-cgi/access/certs`))
  }

  /**
   * Who signed in.
   * @param access what the runtime says; undefined: Access is not in front of this Worker
   * @param assertion the request's `cf-access-jwt-assertion`
   * @returns an e-mail address in lower case; null: nobody, or not provably
   */
  async emailOf(access: AccessContext | undefined, assertion: string | null): Promise<string | null> {
    if (access !== undefined) return this.#fromRuntime(access)
    if (assertion === null || this.#settings === null || this.#keys === null) return null
    try {
      const { payload } = await jwtVerify(assertion, this.#keys, {
        issuer: this.#settings.teamDomain,
        audience: this.#settings.audience,
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'iat', 'email'],
      })
      return emailIn(payload['email'])
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return null
      throw error
    }
  }

  async #fromRuntime(access: AccessContext): Promise<string | null> {
    if (this.#settings !== null && access.aud !== this.#settings.audience) return null
    return emailIn((await access.getIdentity())?.email)
  }
}

/** A service token has no e-mail address, and so no membership. */
function emailIn(value: unknown): string | null {
  return typeof value === 'string' && value.includes('@') ? value.toLowerCase() : null
}
