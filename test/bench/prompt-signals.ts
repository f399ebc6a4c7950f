/** The signals of a prompt whose request is not known: what can be read off its text alone. */
import type { RequestSignals } from '../../src/core/signals/request-signals.ts'
import { typedSignals } from '../core/tasks/typed-signals.ts'

const ACKNOWLEDGEMENT =
  /^(?:(?:yes|yep|yeah|yup|sure|ok|okay|great|perfect|thanks|please|continue|proceed|go|ahead|on|do|it|that|lets|let's|good|sounds|looks|fine|right|correct|exactly|agreed|cool|nice|all|so|then|and|now|with)[\s,.!]*){1,6}$/i
const COMPLAINT =
  /\b(?:still (?:not|fail|broken|wrong|doesn|getting|the same|see)|did(?:n't| not) work|does(?:n't| not) work|not working|that(?:'s| is) (?:wrong|not right|not correct)|not quite right|you (?:broke|are not correct)|same error)/i

export function promptSignals(prompt: string): RequestSignals {
  const text = prompt.slice(0, 8_000)
  return typedSignals(text, {
    acknowledgement: ACKNOWLEDGEMENT.test(text.trim().slice(0, 80)) && text.length <= 80,
    complaint: COMPLAINT.test(text.slice(0, 400)),
  })
}
