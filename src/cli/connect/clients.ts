/** The clients that can be connected, by the name they are asked for. */
import { AIDER } from './aider.ts'
import { CLAUDE_CODE } from './claude-code.ts'
import type { ClientSetup } from './client-setup.ts'
import { CLINE } from './cline.ts'
import { CODEX } from './codex.ts'
import { CONTINUE } from './continue.ts'
import { CURSOR } from './cursor.ts'
import { OPENCODE } from './opencode.ts'

export const CLIENTS: ReadonlyMap<string, ClientSetup> = new Map([
  ['claude-code', CLAUDE_CODE],
  ['codex', CODEX],
  ['opencode', OPENCODE],
  ['cline', CLINE],
  ['continue', CONTINUE],
  ['aider', AIDER],
  ['cursor', CURSOR],
])
