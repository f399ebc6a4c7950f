/** A short name made from a longer text: the same text always gives the same name. No protection against collisions that are looked for. */
import { hashText } from '../dialects/scan/hash-lanes.ts'

/** 53 bits of the text as 11 letters and digits. */
export function shortHash(text: string): string {
  return hashText(text).toString(36).padStart(11, '0')
}
