/** Lists a page at a time, newest first: a cursor names the last row that was shown. */
import * as z from 'zod'

const MOST_ROWS = 200

/** The query fields of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_ROWS)
    .default(50)
    .meta({ description: `Rows of a page, ${MOST_ROWS} at most.` }),
  cursor: z
    .string()
    .regex(/^\d{1,16}_[\w.@+-]{1,128}$/, 'is no cursor of this API')
    .optional()
    .meta({ description: '`nextCursor` of the page before.' }),
}

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Asks for the next page; null: this was the last one.' })

/** Where the page before ended; null: from the start. */
export function positionOf(cursor: string | undefined): { readonly at: number; readonly id: string } | null {
  if (cursor === undefined) return null
  const split = cursor.indexOf('_')
  return { at: Number(cursor.slice(0, split)), id: cursor.slice(split + 1) }
}

/** The cursor after these rows; null where they are the last. */
export function cursorAfter<Row>(
  rows: readonly Row[],
  limit: number,
  of: (row: Row) => { readonly at: unknown; readonly id: unknown },
): string | null {
  const last = rows.length === limit ? rows.at(-1) : undefined
  if (last === undefined) return null
  return cursorOf(of(last))
}

export function cursorOf({ at, id }: { readonly at: unknown; readonly id: unknown }): string {
  return `${String(at)}_${String(id)}`
}
