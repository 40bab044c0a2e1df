import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { scrape } from '../../support/scrape.ts'
import type { Command, Kind } from './workers/commands.ts'

/** A running `workers/commanded.ts`. */
export class Commanded implements AsyncDisposable {
  readonly #child: ChildProcess
  #port = 0

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** @param env further environment variables of the fixture. */
  static async start(kind: Kind, env: Readonly<Record<string, string>> = {}): Promise<Commanded> {
    const child = fork(fileURLToPath(new URL('workers/commanded.ts', import.meta.url)), {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, ...env, KIND: kind },
      // Workers that end by a throw say so.
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    })
    await once(child, 'message')
    return new Commanded(child)
  }

  async send(command: Command): Promise<void> {
    const answered = once(this.#child, 'message')
    this.#child.send(command)
    const [result] = (await answered) as [{ readonly primary?: number }]
    this.#port = result.primary ?? this.#port
  }

  scrape(): Promise<string> {
    return scrape(`http://127.0.0.1:${this.#port}/metrics`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** The visits that a body counts, by each of the metrics that count them. */
export function visitsIn(body: string): Readonly<Record<string, number>> {
  const names = ['theirs_total', 'ours_total', 'wait_count', 'took_count', 'size_count']
  return Object.fromEntries(names.map((name) => [name, sumOf(body, name)]))
}

export function sumOf(body: string, name: string): number {
  return [...seriesOf(body)]
    .filter(([series]) => series.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0)
}

const cumulative = /^(?:theirs|ours|wait|took|size)_(?:total|count|sum|bucket)\{/

/** The values of all cumulative series of the fixture, by series. */
export function seriesOf(body: string): Map<string, number> {
  const lines = body.split('\n').filter((line) => cumulative.test(line))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}
