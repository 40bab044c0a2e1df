import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prefersText } from './accept-text.ts'
import { AskDatabase } from './database/ask-database.ts'
import { Broadcast, maxStreams } from './events/broadcast.ts'
import { docsFolder, pageFolder, plotFolder } from './page/assets.cjs'
import { documentHtml, promqlPage } from './promql-page.ts'
import { Journal } from './record/journal.ts'
import { type ReadMetrics, Recorder } from './record/recorder.ts'
import { escapeHtml } from './render/escape.ts'
import { markdownHtml } from './render/markdown.ts'
import { pageHtml } from './render/page-html.ts'
import { pageText } from './render/page-text.ts'
import { tableHtml } from './render/table-html.ts'
import {
  content,
  type ContentType,
  events,
  failure,
  type LiveRequest,
  type LiveResponse,
} from './response.ts'
import { allParts, partOf, type Parts, partsOfTick, rowsOf, type View, viewOf } from './view.ts'

const files: Readonly<
  Record<string, { readonly folder: () => string; readonly type: ContentType }>
> = {
  'page.css': { folder: pageFolder, type: 'css' },
  'page.js': { folder: pageFolder, type: 'js' },
  'plots.js': { folder: pageFolder, type: 'js' },
  'stream.js': { folder: pageFolder, type: 'js' },
  'tables.js': { folder: pageFolder, type: 'js' },
  'icon.svg': { folder: pageFolder, type: 'svg' },
  'uPlot.iife.min.js': { folder: plotFolder, type: 'js' },
  'uPlot.min.css': { folder: plotFolder, type: 'css' },
}

export interface LivePageOptions {
  readonly read: ReadMetrics
  /** Of the clients whose operations and scopes are listed. */
  readonly registries: readonly object[]
  /** Whether the numbers are the sum over all workers. */
  readonly workers: boolean
  readonly report: (error: unknown) => void
}

/** The live page of a set of registries. It computes nothing before its first reader. */
export class LivePage {
  readonly #workers: boolean
  readonly #report: (error: unknown) => void
  readonly #recorder: Recorder
  readonly #journal: Journal
  readonly #databases: AskDatabase
  readonly #broadcast: Broadcast
  #ticks = 0
  /** The rows of each section, as it was last made. */
  readonly #rows = new Map<string, number>()
  /** Changes with a restart, which the browser then shows. */
  readonly #process = randomUUID()

  constructor({ read, registries, workers, report }: LivePageOptions) {
    this.#workers = workers
    this.#report = report
    this.#journal = new Journal(registries)
    this.#databases = new AskDatabase(report)
    this.#recorder = new Recorder(read, report, () => this.#journal.stop())
    this.#broadcast = new Broadcast(async (isWholeWanted) => {
      this.#ticks += 1
      const parts = partsOfTick(this.#ticks, this.#rows)
      const view = await this.#view(isWholeWanted ? allParts : parts)
      for (const [id, count] of rowsOf(view)) this.#rows.set(id, count)
      const whole = isWholeWanted ? eventOf(view) : undefined
      return { whole, update: eventOf(partOf(view, parts)) }
    }, report)
  }

  /** Never rejects. */
  async answer(request: LiveRequest): Promise<LiveResponse> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failure(405, 'Method not allowed.', { allow: 'GET, HEAD' })
    }
    try {
      return (await this.#resource(request)) ?? failure(404, 'Not found.')
    } catch (error) {
      this.#report(error)
      return failure(500, 'The page could not be made.')
    }
  }

  async #resource(request: LiveRequest): Promise<LiveResponse | undefined> {
    const { resource, query, base } = request
    const name = resource.replace(/^\//, '')
    const client = query.get('client') ?? undefined
    switch (name) {
      case '': {
        const view = await this.#view()
        const vary = { vary: 'Accept' }
        return prefersText(request.accept)
          ? content('txt', pageText(view, client), vary)
          : content('html', pageHtml(view, { base, client }), vary)
      }
      case 'snapshot':
        return content('json', JSON.stringify(await this.#view()))
      case 'events':
        return this.#broadcast.readers >= maxStreams
          ? failure(503, 'Too many readers, try again later.', { 'retry-after': '10' })
          : events(this.#broadcast.stream)
      case 'runbooks': {
        const markdown = await readFile(join(docsFolder(), 'runbooks.md'), 'utf8')
        return content('html', documentHtml('Runbooks', './', withoutTitle(markdownHtml(markdown))))
      }
      case 'database':
        return this.#database(request, client)
      case 'promql':
        return content('html', promqlPage(query, './'))
      default: {
        const file = Object.hasOwn(files, name) ? files[name] : undefined
        return file && content(file.type, await readFile(join(file.folder(), name)))
      }
    }
  }

  /** Only for readers who ask: a page of another site must not make the database work. */
  async #database(
    { site, accept = '' }: LiveRequest,
    wanted: string | undefined,
  ): Promise<LiveResponse> {
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      return failure(403, 'Forbidden. Ask the database from the live page.')
    }
    const view = await this.#view()
    const client = wanted ?? view.clients[0]?.client ?? ''
    const answer = await this.#databases.ask(client, () => this.#journal.databaseOf(client))
    if (accept.includes('application/json')) return content('json', JSON.stringify(answer))
    const { note, tables } = answer
    const body =
      note === undefined
        ? tables.map((table) => tableHtml(table, './')).join('\n')
        : `<p class="note">${escapeHtml(note)}</p>`
    return content('html', documentHtml(`Database of ${client}`, './', body))
  }

  #view(parts: Parts = allParts): Promise<View> {
    this.#journal.follow()
    const context = { process: this.#process, workers: this.#workers, journal: this.#journal }
    return this.#recorder.read((recorded) => viewOf(recorded, context, parts))
  }
}

function withoutTitle(html: string): string {
  return html.replace(/^<h1.*<\/h1>\n/, '')
}

function eventOf(view: View): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify(view)}\n\n`)
}
