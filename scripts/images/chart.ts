import * as echarts from 'echarts'
import { Resvg } from '@resvg/resvg-js'
import type { Panel, Unit } from '../dashboards/panel.ts'
import type { PanelRecording } from './recording.ts'

const width = 620
const height = 300

/** Formats a value of the unit for an axis. */
const axisLabels: Readonly<Record<Unit, (value: number) => string>> = {
  s: (value) =>
    value >= 1 || value === 0 ? `${value} s` : `${Number((value * 1000).toPrecision(3))} ms`,
  dtdurations: (value) => `${value} s`,
  percentunit: (value) => `${Number((value * 100).toPrecision(3))} %`,
  ops: (value) => `${short(value)}/s`,
  cpm: (value) => `${short(value)}/min`,
  rowsps: (value) => `${short(value)}/s`,
  reqps: (value) => `${short(value)}/s`,
  short,
}

function short(value: number): string {
  return value >= 1000 ? `${value / 1000}k` : `${value}`
}

const colours = [
  '#7eb26d',
  '#eab839',
  '#6ed0e0',
  '#ef843c',
  '#e24d42',
  '#5794f2',
  '#ba43a9',
  '#b877d9',
]

/** Draws a panel as SVG, in the style of Grafana. */
export function drawPanel(panel: Panel, recording: PanelRecording): string {
  const chart = echarts.init(null, 'dark', { renderer: 'svg', ssr: true, width, height })
  const lines = recording.queries
    .flatMap(({ legend, series }) =>
      series.map(({ labels, values }) => ({ name: legendOf(legend, labels), values })),
    )
    .toSorted((a, b) => peak(b.values) - peak(a.values))
    .slice(0, 8)
  const times = [...new Set(lines.flatMap(({ values }) => values.map(([time]) => time)))].toSorted(
    (a, b) => a - b,
  )
  chart.setOption({
    backgroundColor: '#181b1f',
    color: colours,
    animation: false,
    title: { text: panel.title, left: 14, top: 10, textStyle: { fontSize: 15, color: '#d8d9da' } },
    textStyle: { fontFamily: 'DejaVu Sans' },
    grid: { left: 64, right: 20, top: 48, bottom: 32 + 26 * legendRows(lines) },
    legend: {
      type: 'plain',
      bottom: 6,
      left: 10,
      right: 10,
      itemWidth: 14,
      itemHeight: 3,
      itemGap: 16,
      icon: 'roundRect',
      textStyle: { color: '#c7c8ca', fontSize: 10 },
    },
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      axisLabel: {
        formatter: (value: number) => `${Math.round(value)} s`,
        color: '#9a9ba0',
        showMinLabel: false,
        showMaxLabel: false,
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      axisLabel: { formatter: axisLabels[panel.unit], color: '#9a9ba0' },
      splitLine: { lineStyle: { color: '#2c3036' } },
    },
    series: lines.map(({ name, values }) => ({
      type: 'line',
      name,
      data: panel.stack === true ? aligned(values, times) : values,
      showSymbol: false,
      lineStyle: { width: 1.5 },
      ...(panel.stack === true ? { stack: 'all', areaStyle: { opacity: 0.35 } } : {}),
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** The number of rows of the legend. ECharts wraps the legend, but reserves no space for it. */
function legendRows(lines: readonly { readonly name: string }[]): number {
  let rows = 1
  let x = 0
  for (const { name } of lines) {
    // The mark, the text at about six pixels per character, and the gap.
    const item = 19 + 6 * name.length + 16
    if (x > 0 && x + item > width - 20) {
      rows++
      x = 0
    }
    x += item
  }
  return rows
}

type Values = PanelRecording['queries'][number]['series'][number]['values']

/** Gives each layer a value at each time: ECharts stacks only values of the same time. */
function aligned(values: Values, times: readonly number[]): Values {
  const byTime = new Map(values)
  return times.map((time) => [time, byTime.get(time) ?? 0])
}

function peak(values: Values): number {
  return Math.max(0, ...values.map(([, value]) => value ?? 0))
}

function legendOf(legend: string, labels: Readonly<Record<string, string>>): string {
  const filled = legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '')
  return filled.trim() === '' ? 'value' : filled
}

/** Draws panels in two columns on one page, as PNG. */
export function drawPage(panels: readonly string[]): Uint8Array {
  const rows = Math.ceil(panels.length / 2)
  const gap = 12
  const page = { width: 2 * width + 3 * gap, height: rows * (height + gap) + gap }
  const placed = panels.map((svg, index) => {
    const x = gap + (index % 2) * (width + gap)
    const y = gap + Math.floor(index / 2) * (height + gap)
    return svg.replace('<svg ', `<svg x="${x}" y="${y}" `)
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${page.width}" height="${page.height}"><rect width="100%" height="100%" fill="#0f1114"/>${placed.join('')}</svg>`
  return new Resvg(svg, { font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' } })
    .render()
    .asPng()
}
