/** The dialect in which a target is spoken to: the client's own wherever possible, so that bytes can pass through. */
import type { DialectName } from '../core/dialects/dialect.ts'
import type { Target } from '../core/routing/catalog.ts'
import type { Providers } from './ports.ts'

export function spokenDialect(own: DialectName, { model }: Target, providers: Providers): DialectName {
  const spoken = providers.configured.get(model.provider) ?? []
  const { dialects, toolDialects } = model.capabilities
  const possible = spoken.filter((name) => dialects.includes(name))
  if (possible.includes(own)) return own
  return possible.find((name) => toolDialects.includes(name)) ?? possible[0] ?? own
}
