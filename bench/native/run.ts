import { machine } from '../machine.ts'
import { table } from '../table.ts'
import { recordingRows } from './recording.ts'
import { scrapeRows } from './scrapes.ts'
import { serverRows } from './server.ts'

/**
 * Prints the cost and the accuracy of native histograms as Markdown: `npm run bench:native`, with
 * `prometheus` on PATH. Ratios are medians of figures of the same round.
 */
console.log(machine())
console.log('## Recording\n')
console.log(
  table(['', 'CPU time per observation, ns', 'to classic'], await recordingRows(200)),
  '\n',
)
console.log('## Scrapes of 40,000 lines\n')
console.log(
  table(['', 'format', 'MB', 'CPU time, ms', 'to text'], await scrapeRows(40_000, 30)),
  '\n',
)
const { quantiles, series } = await serverRows()
console.log('## Quantiles\n')
console.log(
  table(
    ['20,000 durations', 'quantile', 'raw, ms', 'native', 'error', 'classic', 'error'],
    quantiles,
  ),
  '\n',
)
console.log('## Series stored by Prometheus\n')
console.log(
  table(['', 'classic', 'native', 'ratio', 'ratio of the histograms alone'], series),
  '\n',
)
