/** Which half of the data a text belongs to: rules are tuned on one and reported on the other. */
export type Half = 'tune' | 'report'

/** By the lowest bit of the text's FNV-1a hash over UTF-16 code units; the same text is always in the same half. */
export function halfOf(text: string): Half {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash & 1) === 0 ? 'tune' : 'report'
}
