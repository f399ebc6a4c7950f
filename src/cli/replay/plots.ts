/** The plots of a replay as inline SVG: bills with their intervals, tier shares, and the bill over time. */
import { AS_RECORDED } from '../../core/replay/replay-groups.ts'
import { ALL_TOP, type CoursePoint, type StrategyRow } from '../../core/replay/replay-report.ts'
import { dollars, percent } from './report-words.ts'

const WIDTH = 720
const LABELS = 210
const ROW = 34

/** Text for HTML and for attributes. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
}

/** On a narrow screen a plot keeps its size and is scrolled, since its words would be too small to read. */
function svg(height: number, title: string, parts: readonly string[]): string {
  return (
    `<div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">` +
    `<title>${escaped(title)}</title>${parts.join('')}</svg></div>`
  )
}

/** One bar a strategy, in per cent of all-top, with the interval by session. */
export function billPlot(rows: readonly StrategyRow[]): string {
  const most = Math.max(1, ...rows.map(({ ofTop }) => (Number.isFinite(ofTop.interval[1]) ? ofTop.interval[1] : 0)))
  const scale = (share: number): number => LABELS + (share / most) * (WIDTH - LABELS - 90)
  const bars = rows.map((row, index) => {
    const y = index * ROW + 8
    const [low, high] = row.ofTop.interval
    const end = scale(row.ofTop.ratio)
    const middle = y + 9
    const whisker =
      high - low < 1e-9
        ? ''
        : `<path class="whisker" d="M${scale(low)} ${middle}H${scale(high)}M${scale(low)} ${middle - 4}v8M${scale(high)} ${middle - 4}v8"/>`
    return (
      `<text class="label" x="${LABELS - 10}" y="${middle + 4}">${escaped(row.name)}</text>` +
      `<rect class="bar ${row.kind}" x="${LABELS}" y="${y}" width="${Math.max(0, end - LABELS)}" height="18" rx="2"/>` +
      whisker +
      `<text class="value" x="${Math.max(end, scale(high)) + 8}" y="${middle + 4}">${dollars(row.costNano)} USD</text>`
    )
  })
  return svg(rows.length * ROW + 8, 'Bill of each strategy, with 95% intervals by session', bars)
}

/** One stacked bar a policy: the shares of the three tiers. */
export function tierPlot(rows: readonly StrategyRow[]): string {
  const shown = rows.filter(({ tiers }) => tiers !== null)
  const span = WIDTH - LABELS - 20
  const bars = shown.map((row, index) => {
    const y = index * ROW + 30
    let x = LABELS
    const parts = ([1, 2, 3] as const).map((tier) => {
      const share = row.tiers?.[tier] ?? 0
      const width = share * span
      const part =
        `<rect class="tier${tier}" x="${x}" y="${y}" width="${width}" height="20">` +
        `<title>tier ${tier}: ${percent(share)}</title></rect>` +
        (width > 44 ? `<text class="inside" x="${x + width / 2}" y="${y + 14}">${percent(share, 0)}</text>` : '')
      x += width
      return part
    })
    return `<text class="label" x="${LABELS - 10}" y="${y + 14}">${escaped(row.name)}</text>${parts.join('')}`
  })
  const legend = ([1, 2, 3] as const).map(
    (tier, index) =>
      `<rect class="tier${tier}" x="${LABELS + index * 90}" y="4" width="12" height="12"/>` +
      `<text class="value" x="${LABELS + index * 90 + 18}" y="14">tier ${tier}</text>`,
  )
  return svg(shown.length * ROW + 34, 'Share of calls by tier', [...legend, ...bars])
}

const COURSE_HEIGHT = 260
const LEFT = 70
const BOTTOM = 30

/** Cumulated bills over the sessions: over time where the log tells it, else in its order. */
export function coursePlot(course: readonly CoursePoint[]): string {
  const names = Object.keys(course.at(-1)?.costs ?? {})
  const timed = course.length > 1 && course.every(({ at }) => at !== null)
  const from = timed ? (course[0]?.at ?? 0) : 0
  const to = timed ? (course.at(-1)?.at ?? 1) : Math.max(1, course.length)
  const ticks = roundTicks(Math.max(...names.map((name) => course.at(-1)?.costs[name] ?? 0)))
  const most = ticks.at(-1) ?? 1
  const x = (point: CoursePoint, index: number): number =>
    LEFT + (((timed ? (point.at ?? from) : index + 1) - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 170)
  const y = (nano: number): number => COURSE_HEIGHT - BOTTOM - (nano / most) * (COURSE_HEIGHT - BOTTOM - 12)
  const hues = huesOf(names)
  const ends = spread(names.map((name) => y(course.at(-1)?.costs[name] ?? 0)))
  const lines = names.map((name, line) => {
    const points = course.map((point, index) => `${x(point, index).toFixed(1)},${y(point.costs[name] ?? 0).toFixed(1)}`)
    const hue = hues[line] ?? 0
    return (
      `<polyline class="line hue${hue}" points="${points.join(' ')}"/>` +
      `<text class="value hue${hue}" x="${WIDTH - 160}" y="${((ends[line] ?? 0) + 4).toFixed(1)}">${escaped(shortened(name))}</text>`
    )
  })
  const grid = ticks.map(
    (nano) =>
      `<path class="grid" d="M${LEFT} ${y(nano).toFixed(1)}H${WIDTH - 170}"/>` +
      `<text class="axis" x="${LEFT - 8}" y="${(y(nano) + 4).toFixed(1)}">${tickLabel(nano)}</text>`,
  )
  const minutes = to - from < 2 * 24 * 60 * 60_000
  const day = (at: number): string =>
    new Date(at)
      .toISOString()
      .slice(0, minutes ? 16 : 10)
      .replace('T', ' ')
  const span = timed
    ? `<text class="value" x="${LEFT}" y="${COURSE_HEIGHT - 8}">${day(from)}</text>` +
      `<text class="axis" x="${WIDTH - 170}" y="${COURSE_HEIGHT - 8}">${day(to)}</text>`
    : `<text class="value" x="${LEFT}" y="${COURSE_HEIGHT - 8}">session 1</text>` +
      `<text class="axis" x="${WIDTH - 170}" y="${COURSE_HEIGHT - 8}">session ${course.length}</text>`
  return svg(COURSE_HEIGHT, 'Cumulated bill, USD', [...grid, ...lines, span])
}

/** Of each line, as the bars have them; policies get what is left, one after the other. */
function huesOf(names: readonly string[]): readonly number[] {
  let policies = 0
  return names.map((name) => {
    if (name === ALL_TOP) return 0
    return name === AS_RECORDED ? 2 : (POLICY_HUES[policies++ % POLICY_HUES.length] ?? 1)
  })
}

const POLICY_HUES = [1, 4, 3, 5] as const

/** Round amounts from 0 to at least the highest one, at most six of them. Nano-dollars. */
function roundTicks(highest: number): readonly number[] {
  const least = Math.max(highest, 1) / 5
  const power = 10 ** Math.floor(Math.log10(least))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, index) => index * step)
}

function tickLabel(nano: number): string {
  return (nano / 1e9).toLocaleString('en-US', { maximumFractionDigits: 6 })
}

/** Moves labels apart so that none covers another; they keep their order. */
function spread(heights: readonly number[]): readonly number[] {
  const order = heights.map((height, index) => ({ height, index })).sort((one, other) => one.height - other.height)
  const placed: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { height, index } of order) {
    last = Math.max(height, last + 15)
    placed[index] = last
  }
  const over = Math.max(0, last - (COURSE_HEIGHT - BOTTOM))
  return placed.map((height) => height - over)
}

function shortened(name: string): string {
  return name.length > 24 ? `${name.slice(0, 23)}…` : name
}
