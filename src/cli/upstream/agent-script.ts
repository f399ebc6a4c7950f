/**
 * What the scripted model does when no answer is scripted: with tools it works like a small coding agent (reads a
 * file, writes one, says what it did), so that real agents finish a small task; asked for a sub-agent it starts one;
 * asked for JSON it fills the schema; otherwise it says a sentence. Deterministic, and blind to the wire format.
 */
import { sampleOf } from './schema-sample.ts'
import { fillInput, pathFieldOf, toolNamed, type AgentTool } from './agent-tools.ts'
import type { JsonObject } from './json.ts'

/** What the agent sees of a request, whatever its dialect. */
export interface AgentView {
  tools: AgentTool[]
  /** What the person typed last, reminders and tool results left out. */
  typed: string
  /** All text of the prompt: where the working directory is looked for. */
  everything: string
  /** Tool results since the person typed. */
  results: number
  /** The schema the answer must follow, or null. */
  schema: JsonObject | null
}

/** What the agent does next. */
type AgentMove =
  | { kind: 'say'; text: string }
  | { kind: 'call'; say: string; tool: AgentTool; input: JsonObject | string }

const READ = /^(read|read_?files?|view_?file|open_?file|cat_?file|get_?file_?contents?)$/i
const WRITE = /^(write|write_?(to_)?file|create_?(new_)?file|save_?file|new_?file)$/i
const SHELL = /^(bash|shell|exec_command|local_shell|run_?(terminal_?)?(shell_?)?commands?|execute_?command)$/i
const PATCH = /^apply_?patch$/i
// A gateway that translates writes a tool's namespace before its name.
const AGENT = /^(?:\w+__)?(agent|task|spawn_agent|dispatch_agent|delegate_task|new_task|use_subagents?)$/i

/** The next move for what was asked and done so far. */
export function nextMove(view: AgentView): AgentMove {
  if (view.schema !== null) return { kind: 'say', text: JSON.stringify(schemaAnswer(view.schema, view.typed)) }
  if (view.tools.length === 0) return { kind: 'say', text: plainAnswer(view) }
  const plan = planOf(view)
  const step = plan[view.results]
  const move = step === undefined ? null : step()
  return move ?? { kind: 'say', text: 'Done: I read the file, wrote what was asked and checked it.' }
}

type Planned = () => AgentMove | null

function planOf(view: AgentView): Planned[] {
  if (view.typed.trim() === '') return []
  const source = fileNamed(view.typed, /\bread\s+[`"']?([\w./-]+\.\w+)/i) ?? 'README.md'
  const target = fileNamed(view.typed, /\b(?:write|create|edit)\s+[`"']?([\w./-]+\.\w+)/i) ?? 'HELLO.md'
  const plan: Planned[] = [() => readMove(view, source)]
  if (/\bsub-?agents?\b/i.test(view.typed)) plan.push(() => agentMove(view))
  const readsOnly = /\banswer with\b/i.test(view.typed) && !/\b(write|create|edit|hello)\b/i.test(view.typed)
  if (!readsOnly) plan.push(() => writeMove(view, target))
  return plan
}

function fileNamed(text: string, pattern: RegExp): string | null {
  return pattern.exec(text)?.[1] ?? null
}

function readMove(view: AgentView, file: string): AgentMove | null {
  const path = located(view, file)
  const say = 'I will look at the repository first.'
  const reader = toolNamed(view.tools, READ, (tool) => pathFieldOf(tool) !== null)
  if (reader !== null) return { kind: 'call', say, tool: reader, input: fillInput(reader, { path }) }
  return shellMove(view, say, `cat ${path}`)
}

function writeMove(view: AgentView, file: string): AgentMove | null {
  const path = located(view, file)
  const content = '# Hello\n\nWritten by the scripted provider.\n'
  const writer = toolNamed(view.tools, WRITE, (tool) => pathFieldOf(tool) !== null)
  if (writer !== null) return { kind: 'call', say: '', tool: writer, input: fillInput(writer, { path, content }) }
  const patcher = toolNamed(view.tools, PATCH, () => true)
  if (patcher !== null) return { kind: 'call', say: '', tool: patcher, input: patchInput(patcher, file, content) }
  return shellMove(view, '', `printf '%s\\n' '# Hello' '' 'Written by the scripted provider.' > ${path}`)
}

function patchInput(tool: AgentTool, file: string, content: string): JsonObject | string {
  const lines = content.trimEnd().split('\n')
  const added = lines.map((line) => `+${line}`)
  const patch = ['*** Begin Patch', `*** Add File: ${file}`, ...added, '*** End Patch'].join('\n')
  return tool.custom ? patch : fillInput(tool, { patch })
}

function shellMove(view: AgentView, say: string, command: string): AgentMove | null {
  const shell = toolNamed(view.tools, SHELL, () => true)
  return shell === null ? null : { kind: 'call', say, tool: shell, input: fillInput(shell, { command }) }
}

function agentMove(view: AgentView): AgentMove | null {
  const tool = toolNamed(view.tools, AGENT, () => true)
  if (tool === null) return null
  const prompt = 'Read README.md and answer with its first line.'
  return { kind: 'call', say: '', tool, input: fillInput(tool, { prompt, description: 'Read the first line' }) }
}

const DIRECTORY =
  /(?:<cwd>|(?:working|current|workspace|project)[\w ]*(?:directory|folder|root|dir)[^:/(\n]{0,40}[:=(]\s*[`"']?|\bcwd\s*[:=]\s*[`"']?)(\/[^\s<`"',)]+)/i

/** The file in the working directory that the prompt names, or as it is. */
function located(view: AgentView, file: string): string {
  if (file.startsWith('/')) return file
  const directory = DIRECTORY.exec(view.everything)?.[1]
  return directory === undefined ? file : `${directory.replace(/\/+$/, '')}/${file}`
}

function schemaAnswer(schema: JsonObject, typed: string): unknown {
  return sampleOf(schema, (name) => (name === 'title' ? titleFor(typed) : null))
}

/** A short title made of the first words typed. */
function titleFor(typed: string): string {
  const words = typed.match(/[\p{L}\p{N}.]+/gu) ?? []
  return words.slice(0, 5).join(' ') || 'Scripted session'
}

function plainAnswer(view: AgentView): string {
  const asksTitle =
    /\btitle\b/i.test(view.typed) || /\b(generate|write|create)\b[^.\n]{0,40}\btitle\b/i.test(view.everything)
  if (!asksTitle) return 'The scripted provider answers: all is well.'
  const title = titleFor(view.typed.replace(/generate a title for this conversation:?/i, ''))
  return /\bjson\b/i.test(view.everything) ? JSON.stringify({ title }) : title
}
