import type { Dialect } from './format.ts'
import { escapeHelp } from './escape.ts'
import { formatNumber } from './number.ts'

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const textFormat: Dialect = {
  heading: (name, type) => ({ name, type: types.has(type) ? type : 'untyped' }),
  comments: (name, type, help) => `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
  bound: formatNumber,
  admits: () => true,
  exemplars: false,
  end: '',
}
