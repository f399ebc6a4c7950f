import { DIALECTS } from '../../../src/core/dialects/dialect.ts'
import type { DialectName } from '../../../src/core/dialects/dialect.ts'
import type { Deviation } from '../../dialects/conformance.ts'
import { runConformance } from '../../dialects/conformance.ts'
import { strictProvider } from '../../dialects/scripted-provider.ts'
import { sdkReader } from '../../dialects/sdk-reading.ts'

const judge = strictProvider()
const sdk = sdkReader()

const FILTERS_REFUSE: Deviation = {
  what: 'finish:content-filter',
  reason: 'the Messages API has one word for a refusing model and a filter behind it',
}

const ON_ANTHROPIC: readonly Deviation[] = [
  { what: 'instructions:as_user', reason: 'the Messages API takes instructions only before an answer or at the end' },
  { what: 'temperature:with_reasoning', reason: 'the Messages API refuses a temperature while the model thinks' },
]

function deviationsOf(client: DialectName, provider: DialectName): Deviation[] {
  const answers = client === 'anthropic-messages' ? [FILTERS_REFUSE] : []
  return provider === 'anthropic-messages' && client !== provider ? [...answers, ...ON_ANTHROPIC] : answers
}

for (const client of DIALECTS) {
  for (const provider of DIALECTS) {
    runConformance({ client, provider, deviations: deviationsOf(client, provider), judge, sdk })
  }
}
