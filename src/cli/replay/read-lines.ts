/** The lines of a text file, gzipped or not, one at a time. */
import { createReadStream, statSync } from 'node:fs'
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
  let number = 0
  let rest = ''
  try {
    for await (const chunk of textOf(path, onBytes)) {
      const lines = `${rest}${String(chunk)}`.split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines) {
        number += 1
        if (text.trim() !== '') yield { text, number }
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new UnreadableLog(`${path} cannot be read: ${message}.`)
  }
  if (rest.trim() !== '') yield { text: rest, number: number + 1 }
}

function textOf(path: string, onBytes: (bytes: number) => void): Readable {
  const file = createReadStream(path)
  let bytes = 0
  file.on('data', (chunk) => {
    bytes += chunk.length
    onBytes(bytes)
  })
  if (!path.endsWith('.gz')) return file.setEncoding('utf8')
  const gunzip = createGunzip()
  file.on('error', (error) => gunzip.destroy(error))
  return file.pipe(gunzip).setEncoding('utf8')
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
