import { lightsOf } from './lights/lights.ts'
import type { Light } from './lights/light.ts'
import { clientsOf } from './record/counters.ts'
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
  readonly plots: Plots
  /** Undefined in an event if the browser keeps those that it has. */
  readonly sections?: readonly Section[]
}

/** What a process adds to the numbers. */
export interface ViewContext {
  readonly process: string
  /** Whether the numbers are the sum over all workers. */
  readonly workers: boolean
  readonly journal: Journal
}

export function viewOf(recorded: Recorded, context: ViewContext): View {
  const coverage = context.workers ? 'all workers' : `process ${process.pid}`
  const clients = clientsOf(recorded.reading).map((client) =>
    clientView(recorded, client, coverage, context.journal),
  )
  return { process: context.process, time: Date.now(), coverage, clients }
}

function clientView(
  recorded: Recorded,
  client: string,
  coverage: string,
  journals: Journal,
): ClientView {
  const own = `process ${process.pid}`
  const journal = journals.of(client)
  const sources = journals.sourcesOf(client)
  const inProgress = sources.flatMap((source) => source.operationsInProgress())
  const transactions = sources.flatMap((source) => source.transactionsInProgress())
  const section = (
    id: string,
    title: string,
    tables: Section['tables'],
    covers: string = coverage,
  ): Section => ({
    id,
    title,
    coverage: covers,
    notes: [],
    tables,
  })
  return {
    client,
    lights: lightsOf({ recorded, client }),
    plots: plotsOf(recorded, client),
    sections: [
      section('operations-section', 'Operations', [operationsTable(recorded, client)]),
      section('scopes-section', 'Requests and jobs', [scopesTable(recorded, client)]),
      section(
        'suspects-section',
        'N+1 suspects and jobs',
        [suspectsTable(journal), jobsTable(journal)],
        own,
      ),
      section(
        'now-section',
        'Now',
        [transactionsTable(transactions), inProgressTable(inProgress)],
        own,
      ),
      section('slow-section', 'Slow and failed', [slowAndFailedTable(journal)], own),
      section('setup-section', 'Set-up', [
        findingsTable(recorded, client),
        setupTable(recorded, client),
      ]),
    ],
  }
}

/** Rows that are sent with every event; more of them are sent with every fifth. */
const manyRows = 400

/** The part of a view that a tick sends: the longer ranges of the plots change less often. */
export function updateOf(view: View, tick: number): View {
  const clients = view.clients.map(({ sections = [], plots, ...client }): ClientView => {
    const rows = sections
      .flatMap(({ tables }) => tables)
      .reduce((sum, table) => sum + table.rows.length, 0)
    return {
      ...client,
      plots: tick % 10 === 0 ? plots : plots.slice(0, 1),
      ...(rows <= manyRows || tick % 5 === 0 ? { sections } : undefined),
    }
  })
  return { ...view, clients }
}
