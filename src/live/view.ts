import { lightsOf } from './lights/lights.ts'
import type { Light } from './lights/light.ts'
import { clientsOf } from './record/counters.ts'
import { plotRanges } from './record/histories.ts'
import type { Journal } from './record/journal.ts'
import type { Recorded } from './record/recorder.ts'
import { operationsTable } from './sections/operations.ts'
import { type Plots, plotsOf } from './sections/plots.ts'
import { scopesTable } from './sections/scopes.ts'
import {
  inProgressTable,
  jobsTable,
  slowAndFailedTable,
  suspectsTable,
  transactionsTable,
} from './sections/activity.ts'
import { findingsTable, setupTable } from './sections/setup.ts'
import type { Section } from './sections/table.ts'

/** The page's content at one moment. */
export interface View {
  /** Of the process that answers; it changes with a restart. */
  readonly process: string
  /** When it was read: milliseconds of Unix time, by the server's clock. */
  readonly time: number
  /** What the numbers cover. */
  readonly coverage: string
  readonly clients: readonly ClientView[]
}

export interface ClientView {
  readonly client: string
  readonly lights: readonly Light[]
  /** The first ranges; the browser keeps the others that it has. */
  readonly plots: Plots
  /** The browser keeps the others that it has. */
  readonly sections: readonly Section[]
}

/** What a view contains. Making and showing the tables of many operations and scopes takes most of its time. */
export interface Parts {
  /** Whether it contains the section. */
  readonly includes: (id: string) => boolean
  /** The number of ranges of the plots, the shortest first. */
  readonly ranges: number
}

export const allParts: Parts = { includes: () => true, ranges: plotRanges.length }

/** What a process adds to the numbers. */
export interface ViewContext {
  readonly process: string
  /** Whether the numbers are the sum over all workers. */
  readonly workers: boolean
  readonly journal: Journal
}

export function viewOf(recorded: Recorded, context: ViewContext, parts: Parts): View {
  const coverage = context.workers ? 'all workers' : `process ${process.pid}`
  const clients = clientsOf(recorded.reading).map((client) =>
    clientView(recorded, client, { coverage, journals: context.journal, parts }),
  )
  return { process: context.process, time: Date.now(), coverage, clients }
}

function clientView(
  recorded: Recorded,
  client: string,
  {
    coverage,
    journals,
    parts,
  }: { readonly coverage: string; readonly journals: Journal; readonly parts: Parts },
): ClientView {
  const own = `process ${process.pid}`
  const journal = journals.of(client)
  const sources = journals.sourcesOf(client)
  const sections = {
    'operations-section': {
      title: 'Operations',
      coverage,
      tables: () => [operationsTable(recorded, client)],
    },
    'scopes-section': {
      title: 'Requests and jobs',
      coverage,
      tables: () => [scopesTable(recorded, client)],
    },
    'suspects-section': {
      title: 'N+1 suspects and jobs',
      coverage: own,
      tables: () => [suspectsTable(journal), jobsTable(journal)],
    },
    'now-section': {
      title: 'Now',
      coverage: own,
      tables: () => [
        transactionsTable(sources.flatMap((source) => source.transactionsInProgress())),
        inProgressTable(sources.flatMap((source) => source.operationsInProgress())),
      ],
    },
    'slow-section': {
      title: 'Slow and failed',
      coverage: own,
      tables: () => [slowAndFailedTable(journal)],
    },
    'setup-section': {
      title: 'Set-up',
      coverage,
      tables: () => [findingsTable(recorded, client), setupTable(recorded, client)],
    },
  }
  return {
    client,
    lights: lightsOf({ recorded, client }),
    plots: plotsOf(recorded, client, parts.ranges),
    sections: Object.entries(sections)
      .filter(([id]) => parts.includes(id))
      .map(([id, { title, coverage: covers, tables }]) => ({
        id,
        title,
        coverage: covers,
        notes: [],
        tables: tables(),
      })),
  }
}

/** The rows of a section that are sent with every event; more of them are sent with every fifth. */
const manyRows = 200

/**
 * The parts that a tick sends: the longer ranges of the plots change less often, and only one section of
 * many rows is sent at a time.
 *
 * @param rows the rows of each section, as it was last made
 */
export function partsOfTick(tick: number, rows: ReadonlyMap<string, number>): Parts {
  const large = [...rows].filter(([, count]) => count > manyRows).map(([id]) => id)
  return {
    includes: (id) => !large.includes(id) || tick % 5 === (2 * large.indexOf(id)) % 5,
    ranges: tick % 10 === 1 ? allParts.ranges : 1,
  }
}

/** The view with some of its parts. */
export function partOf(view: View, { includes, ranges }: Parts): View {
  const clients = view.clients.map(({ sections, plots, ...client }) => ({
    ...client,
    plots: plots.slice(0, ranges),
    sections: sections.filter(({ id }) => includes(id)),
  }))
  return { ...view, clients }
}

/** The rows of each section that the view contains, of all clients together. */
export function rowsOf({ clients }: View): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { id, tables } of clients.flatMap(({ sections }) => sections)) {
    for (const { rows } of tables) counts.set(id, (counts.get(id) ?? 0) + rows.length)
  }
  return counts
}
