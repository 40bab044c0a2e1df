import { checkExpectations } from '../../check/expectations.ts'
import type { Scrape } from '../../check/scrape.ts'
import { clientCatalogue } from '../../metrics/catalogue.ts'
import { version } from '../../support/version.ts'
import { label, seriesOf } from '../record/counters.ts'
import type { Reading } from '../record/reading.ts'
import type { Recorded } from '../record/recorder.ts'
import type { Table } from './table.ts'

/** Versions and adapter of a client, and its migrations. */
export function setupTable({ reading }: Recorded, client: string): Table {
  const { clientInfo, migrations } = clientCatalogue
  const rows = [
    ['prisma-prometheus', version],
    ['Node', process.version],
  ]
  for (const info of seriesOf(reading, clientInfo)) {
    if (label(info, 'client') !== client) continue
    rows.push(
      ['Prisma', label(info, 'client_version')],
      ['Database', label(info, 'provider')],
      ['Driver adapter', label(info, 'adapter')],
      ['Rows are counted by', label(info, 'row_source')],
    )
  }
  const states = seriesOf(reading, migrations)
    .filter((series) => label(series, 'client') === client)
    .map((series) => `${series.value} ${label(series, 'state').replace('_', ' ')}`)
  rows.push(['Migrations', states.length === 0 ? 'not known' : states.join(', ')])
  return {
    id: 'versions',
    caption: 'Versions',
    columns: [
      { label: 'What', kind: 'text' },
      { label: 'Value', kind: 'text' },
    ],
    rows,
    empty: '',
  }
}

/** The findings of `npx prisma-prometheus check` about a client. */
export function findingsTable({ reading }: Recorded, client: string): Table {
  const findings = checkExpectations(scrapeOf(reading, client), 'prisma_').filter(
    ({ code }) => code !== 'missing-metrics',
  )
  return {
    id: 'findings',
    caption: 'Findings of the set-up check',
    columns: [
      { label: 'Level', kind: 'text' },
      { label: 'Finding', kind: 'text' },
      { label: 'What to add', kind: 'code' },
    ],
    rows: findings.map(({ level, text, advice }) => [level, text, advice ?? '']),
    empty: 'The check finds nothing.',
  }
}

/** The part of a scrape that the check of expectations reads. */
function scrapeOf(reading: Reading, client: string): Scrape {
  const families = Array.from(reading, ([name, series]) => {
    const samples = series.flatMap(({ labels, value }) => {
      const texts = Object.entries(labels).map(([key, text]) => [key, String(text)])
      const of = labels['client'] ?? client
      return of === client ? [{ name, labels: Object.fromEntries(texts), value }] : []
    })
    const declaration = Object.values(clientCatalogue).find((known) => known.name === name)
    return [name, { name, type: declaration?.type ?? 'untyped', help: undefined, samples }] as const
  })
  return { families: new Map(families), errors: [], dropped: [], warnings: [] }
}
