/** A bar on stderr, while a person is looking and something takes long. */

export interface ProgressBar {
  /** `done` of `total`, in any unit. */
  show(done: number, total: number): void
  /** Takes the bar away. */
  end(): void
}

interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const WIDTH = 30
const QUIET_MS = 400
const EVERY_MS = 80

/** A bar that appears after 0.4 s; none where the screen is no terminal. */
export function progressBar(title: string, screen: Screen, clock: () => number): ProgressBar {
  const began = clock()
  let shownAt = 0
  return {
    show(done, total) {
      const now = clock()
      if (screen.isTTY !== true || total <= 0 || now - began < QUIET_MS || now - shownAt < EVERY_MS) return
      shownAt = now
      const share = Math.min(1, done / total)
      const full = Math.round(share * WIDTH)
      const left = share > 0.05 ? ` ${Math.ceil(((now - began) * (1 - share)) / share / 1000)} s left` : ''
      screen.write(
        `\r${title} [${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${Math.floor(share * 100)}%${left}\x1b[K`,
      )
    },
    end() {
      if (shownAt > 0) screen.write('\r\x1b[K')
      shownAt = 0
    },
  }
}
