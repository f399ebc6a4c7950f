/** Counts the rows that an object's statements touch. */

export interface TouchedRows {
  readonly read: number
  readonly written: number
}

/** From now on every statement is counted; what is returned tells the rows since it was asked last. */
export function meterRows(sql: SqlStorage): () => TouchedRows {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
  const exec = sql.exec.bind(sql)
  sql.exec = ((query: string, ...values: unknown[]) => {
    const cursor = exec(query, ...values)
    cursors.push(cursor)
    return cursor
  }) as typeof sql.exec
  return () => {
    const sum = (of: 'rowsRead' | 'rowsWritten') => cursors.reduce((total, cursor) => total + cursor[of], 0)
    const touched = { read: sum('rowsRead'), written: sum('rowsWritten') }
    cursors.length = 0
    return touched
  }
}

/** Tells the rows that a step touches. */
export function rowsPerStep(touched: () => TouchedRows): (step: () => void) => TouchedRows {
  return (step) => {
    touched()
    step()
    return touched()
  }
}
