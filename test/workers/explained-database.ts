/** A database that notes every statement that is run, so that how it finds its rows can be looked at. */

interface Noted {
  readonly sql: string
  readonly values: readonly unknown[]
}

export interface ExplainedDatabase {
  /** To be used in the place of the one it was made from. */
  readonly db: D1Database
  /** By statement, as `EXPLAIN QUERY PLAN` tells it. */
  plans(): Promise<ReadonlyMap<string, readonly string[]>>
}

export function explained(real: D1Database): ExplainedDatabase {
  const noted = new Map<string, Noted>()
  const originals = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement, own: Noted): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values), { sql: own.sql, values })
        if (name === 'all' || name === 'first' || name === 'run') noted.set(own.sql, own)
        return bound(target, name)
      },
    })
    originals.set(wrapped, statement)
    all.set(wrapped, own)
    return wrapped
  }
  const all = new WeakMap<object, Noted>()
  const wrapAll = <Db extends D1Database | D1DatabaseSession>(db: Db): Db =>
    new Proxy(db, {
      get(target, name) {
        if (name === 'prepare') return (sql: string) => wrap(target.prepare(sql), { sql, values: [] })
        if (name === 'withSession')
          return (constraint: string) => wrapAll((target as D1Database).withSession(constraint))
        if (name !== 'batch') return bound(target, name)
        return (statements: D1PreparedStatement[]) => {
          for (const one of statements) {
            const own = all.get(one)
            if (own !== undefined) noted.set(own.sql, own)
          }
          return target.batch(statements.map((one) => originals.get(one) ?? one))
        }
      },
    })
  return {
    db: wrapAll(real),
    async plans() {
      const found = new Map<string, readonly string[]>()
      for (const { sql, values } of noted.values()) {
        const { results } = await real
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .bind(...values)
          .all<{ detail: string }>()
        found.set(
          sql,
          results.map(({ detail }) => detail),
        )
      }
      return found
    },
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? (value.bind(target) as unknown) : value
}
