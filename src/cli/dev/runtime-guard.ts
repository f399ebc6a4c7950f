/**
 * Ends the runtime when its parent dies without a word. A killed launcher cannot clean up, and an orphaned runtime
 * keeps the port and the database: so a waiting shell, which costs next to nothing, holds a pipe to the launcher and
 * acts when that pipe breaks.
 */
import { spawn } from 'node:child_process'

export interface RuntimeGuard {
  /** Sends the guard home without touching the runtime. */
  dismiss(): void
}

/** @param runtimePid the process to end when this one is gone */
export function guardRuntime(runtimePid: number): RuntimeGuard {
  // `read` succeeds on a line (dismissed) and fails at the end of the pipe (this process died).
  const shell = spawn('/bin/sh', ['-c', 'read -r _ || kill -KILL "$1"', 'guard', String(runtimePid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own process group: Ctrl-C in a terminal must reach the launcher, not its guard.
    detached: true,
  })
  // Without a POSIX shell there is no guard, and nothing else is lost.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return {
    dismiss() {
      shell.stdin.end('\n')
    },
  }
}
