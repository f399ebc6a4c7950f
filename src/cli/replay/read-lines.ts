/** The lines of a text file, gzipped or not, one at a time. */
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UnreadableLog } from '../../core/replay/recorded-thread.ts'

export interface ReadLine {
  readonly text: string
  /** From 1. */
  readonly number: number
}

/**
 * Yields every line that is not blank.
 *
 * @param onBytes told how many bytes of the file, as it lies on disk, were read
 * @throws UnreadableLog for a file that is not there or is no valid gzip
 */
export async function* readLines(path: string, onBytes: (bytes: number) => void = () => {}): AsyncGenerator<ReadLine> {
  const file = createReadStream(path)
  let bytes = 0
  file.on('data', (chunk) => {
    bytes += chunk.length
    onBytes(bytes)
  })
  let failure: Error | null = null
  let text: Readable = file
  if (path.endsWith('.gz')) {
    const gunzip = createGunzip()
    file.on('error', (error) => gunzip.destroy(error))
    text = file.pipe(gunzip)
  }
  const lines = createInterface({ input: text, crlfDelay: Infinity })
  text.on('error', (error) => {
    failure = error
    lines.close()
  })
  let number = 0
  for await (const line of lines) {
    number += 1
    if (line.trim() !== '') yield { text: line, number }
  }
  if (failure !== null) throw new UnreadableLog(`${path} cannot be read: ${(failure as Error).message}.`)
}

/** The size of a file in bytes. Throws `UnreadableLog` if there is none. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    throw new UnreadableLog(`There is nothing at ${path}.`)
  }
}

/** The JSON of a line. Throws `UnreadableLog` naming the line. */
export function jsonOf({ text, number }: ReadLine, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableLog(`${path}, line ${number}, is not JSON.`)
  }
}
