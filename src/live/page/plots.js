import { element, setText, showTable } from './tables.js'

/* global uPlot */

const height = 120
const dashes = [[], [8, 4], [2, 3], [], [8, 4], [2, 3]]
const lines = ['', 'dashed', 'dotted', '', 'dashed', 'dotted']

const shown = new Map()

/** Draws the plots of one range, and fills their tables. */
export function showPlots(range, now) {
  for (const plot of range.plots) {
    const place = document.querySelector(`[data-plot="${plot.id}"]`)
    if (place !== null) showPlot(place, plot, range, now)
  }
}

/** Draws everything anew with the next event: after a change of colours or width. */
export function forgetPlots() {
  for (const { chart } of shown.values()) chart.destroy()
  shown.clear()
}

function showPlot(place, plot, range, now) {
  const canvas = place.querySelector('.canvas')
  const key = JSON.stringify([range.seconds, plot.curves.map(({ label }) => label)])
  let entry = shown.get(plot.id)
  if (entry?.key !== key) {
    entry?.chart.destroy()
    canvas.replaceChildren(keyOf(plot))
    entry = { key, chart: draw(canvas, plot, range) }
    shown.set(plot.id, entry)
  }
  entry.chart.setData([range.times, ...plot.curves.map(({ values }) => values)], false)
  entry.chart.setScale('x', { min: now - range.seconds, max: now })
  setText(place.querySelector('h3'), titleOf(plot, range))
  if (place.querySelector('details').open) showNumbers(place, plot, range)
}

function titleOf({ title, unit }, { name }) {
  return `${title}, ${unit === 'per second' ? 'per second, ' : ''}last ${name}`
}

function keyOf({ curves }) {
  const key = element('p', { className: 'key' })
  if (curves.length === 0) key.textContent = 'No errors.'
  for (const [index, { label }] of curves.entries()) {
    key.append(element('span', { className: `curve-${index} ${lines[index]}` }, label), ' ')
  }
  return key
}

function draw(canvas, plot, range) {
  const style = getComputedStyle(document.documentElement)
  const colour = (name) => style.getPropertyValue(name).trim()
  const quiet = colour('--quiet')
  const axis = {
    stroke: quiet,
    font: '11px system-ui',
    grid: { stroke: colour('--line'), width: 1 },
  }
  const text = plot.unit === 'seconds' ? durationText : String
  return new uPlot(
    {
      width: Math.max(120, canvas.clientWidth),
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false },
        y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          values: (self, splits) => splits.map((at) => ageText(self.scales.x.max - at)),
          splits: (self, _, min, max) =>
            [0, 1, 2, 3].map((part) => max - (part * range.seconds) / 3 || min),
        },
        { ...axis, size: 52, values: (_, splits) => splits.map(text) },
      ],
      series: [
        {},
        ...plot.curves.map(({ label }, index) => ({
          label,
          stroke: colour(`--curve-${index}`),
          width: 2,
          dash: dashes[index],
          points: { show: false },
          spanGaps: true,
        })),
      ],
    },
    [[], ...plot.curves.map(() => [])],
    canvas,
  )
}

function ageText(seconds) {
  const age = Math.round(seconds)
  if (age <= 0) return 'now'
  if (age < 60) return `-${age} s`
  return age < 3600 ? `-${Math.round(age / 60)} min` : `-${Number((age / 3600).toFixed(1))} h`
}

function durationText(seconds) {
  return seconds < 1
    ? `${Number((seconds * 1000).toPrecision(3))} ms`
    : `${Number(seconds.toPrecision(3))} s`
}

/** The newest points, for readers of tables. */
function showNumbers(place, plot, range) {
  const text = plot.unit === 'seconds' ? durationText : String
  const rows = range.times
    .map((time, index) => [
      new Date(time * 1000).toISOString().slice(11, 19),
      ...plot.curves.map(({ values }) => ({
        value: values[index] ?? null,
        text: values[index] == null ? '–' : text(values[index]),
      })),
    ])
    .toReversed()
    .slice(0, 15)
  const table = place.querySelector('table')
  const columns = ['Time (UTC)', ...plot.curves.map(({ label }) => label)]
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent)
  if (heads.join('\n') !== columns.join('\n')) {
    table.tHead.rows[0].replaceChildren(
      ...columns.map((label, index) =>
        element('th', { scope: 'col', className: index === 0 ? '' : 'number' }, label),
      ),
    )
    table.tBodies[0].replaceChildren()
  }
  showTable(
    {
      id: table.id,
      caption: titleOf(plot, range),
      columns: columns.map((label, index) => ({ label, kind: index === 0 ? 'text' : 'number' })),
      rows,
      empty: 'Recording has just begun.',
    },
    '',
  )
}
