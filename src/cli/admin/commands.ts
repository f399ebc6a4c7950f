/** The commands: one for each route of the admin API, with the route's own schemas. */
import { changesSomething, type AdminRoute } from '../../http/admin/define-route.ts'
import { jsonSchema } from '../../http/admin/openapi.ts'
import { ADMIN_ROUTES } from '../../http/admin/routes.ts'
import type { Command, FieldSchema } from './command.ts'

export const COMMANDS: readonly Command[] = ADMIN_ROUTES.map(commandOf)

function commandOf(route: AdminRoute): Command {
  return {
    name: route.name,
    method: route.method,
    path: `/admin/v1${route.path}`,
    summary: route.summary,
    description: route.description,
    bodyIsDocument: route.bodyIsDocument === true,
    columns: route.columns,
    secrets: route.secrets ?? [],
    changes: changesSomething(route),
    signIn: route.signIn ?? 'admin',
    // Made when it is asked for: one command needs its own alone.
    get query() {
      return jsonSchema(route.query) as FieldSchema
    },
    get body() {
      return route.hasBody ? (jsonSchema(route.body) as FieldSchema) : null
    },
    get answer() {
      return jsonSchema(route.answer) as FieldSchema
    },
    documentField: route.documentField,
    done: route.done,
    ifNone: route.ifNone,
    removes: route.method === 'DELETE',
    problemsOf: (what, value) => route[what].safeParse(value).error?.issues ?? [],
  }
}
