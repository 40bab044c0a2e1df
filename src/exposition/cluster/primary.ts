import { codedError } from '../../support/coded-error.ts'
import type { MetricFamily } from '../collect/metric-family.ts'
import { Deadline, type ProcessFamilies } from './deadline.ts'
import { type Message, tagged } from './message.ts'
import { Assembly, type Part, sendParts } from './serialization.ts'
import { sumOf } from './sum.ts'
import type { PrimaryTransport } from './transport.ts'
import { ExitedWorkers, WorkerSnapshot } from './worker-snapshots.ts'

/** The share of a request's time that the asked worker gets. */
const timeLeft = 0.9

/** Reports a problem of the sum, under the name of a metric or of the option `workers`. */
export type ReportProblem = (name: string, error: unknown) => void

interface WorkerState {
  readonly id: string
  readonly snapshot: WorkerSnapshot
  /** The parts of an answer, and of a report, that are still arriving. */
  readonly incoming: Map<Message['kind'], { readonly batch: number; readonly assembly: Assembly }>
  /** The last request it has answered. */
  answered: number
  /** Whether its last answer was late: it is asked again, but no scrape waits for it. */
  isSilent: boolean
}

/**
 * Adds the families of all workers. The counts of a worker that has exited or does not answer stay in
 * the sum as last reported; its gauges do not.
 */
export class Primary {
  readonly #transport: PrimaryTransport
  readonly #own: ProcessFamilies
  readonly #report: ReportProblem
  readonly #workers = new Map<string, WorkerState>()
  readonly #exited = new ExitedWorkers()
  #request = 0
  #onAnswer = (): void => {}
  #current: { readonly deadline: Deadline; readonly total: Promise<MetricFamily[]> } | undefined

  constructor(transport: PrimaryTransport, own: ProcessFamilies, report: ReportProblem) {
    this.#transport = transport
    this.#own = own
    this.#report = report
    transport.listen({
      onMessage: (id, message) => this.#receive(this.#workerOf(id), message),
      onExit: (id) => this.#onExit(id),
    })
    transport.broadcast(tagged({ kind: 'join' }))
  }

  /** The sum over all processes. Concurrent callers share it: the shortest timeout applies. */
  sum(seconds: number): Promise<MetricFamily[]> {
    if (this.#current === undefined) {
      const deadline = new Deadline(seconds)
      const total = this.#sum(deadline).finally(() => {
        deadline.clear()
        this.#current = undefined
      })
      this.#current = { deadline, total }
    } else if (this.#current.deadline.within(seconds)) {
      this.#ask(seconds)
    }
    return this.#current.total
  }

  async #sum(deadline: Deadline): Promise<MetricFamily[]> {
    this.#request += 1
    const request = this.#request
    const asked = [...this.#workers.values()].filter(({ isSilent }) => !isSilent)
    this.#ask(deadline.seconds)
    const [own] = await Promise.all([
      this.#own.collect(deadline),
      this.#answers(request, asked, deadline.signal),
    ])
    for (const worker of asked) {
      worker.isSilent = worker.answered < request && this.#workers.has(worker.id)
      if (worker.isSilent) this.#reportSilence(worker.id, deadline.seconds)
    }
    // No await between the two: a worker that exits now is in one of them.
    const workers = Array.from(this.#workers.values(), ({ snapshot, isSilent }) =>
      isSilent ? snapshot.cumulative : snapshot.families,
    )
    const exited = this.#exited.families
    const { families, conflicts } = await sumOf({ own, workers, exited })
    for (const { name, error } of conflicts) this.#report(name, error)
    return [...families]
  }

  #reportSilence(id: string, seconds: number): void {
    const error = codedError(
      'PRISMA_PROMETHEUS_WORKER_TIMEOUT',
      `prisma-prometheus: workers: worker ${id} did not answer within ${seconds} s; using its last reported counters`,
    )
    this.#report('workers', error)
  }

  /** Asks all workers that have not answered, again with a shorter timeout. */
  #ask(seconds: number): void {
    const request = this.#request
    for (const { id, answered } of this.#workers.values()) {
      if (answered === request) continue
      const left = seconds * timeLeft
      this.#transport.send(id, tagged({ kind: 'collect', request, seconds: left }))
    }
  }

  #answers(request: number, workers: readonly WorkerState[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve())
      this.#onAnswer = () => {
        const isMissing = ({ id, answered }: WorkerState): boolean =>
          answered < request && this.#workers.has(id)
        if (!workers.some(isMissing)) resolve()
      }
      this.#onAnswer()
    })
  }

  #receive(worker: WorkerState, message: Message): void {
    switch (message.kind) {
      case 'collected': {
        const families = this.#assemble(worker, message)
        if (families === undefined) return
        worker.snapshot.replace(families)
        worker.answered = message.batch
        worker.isSilent = false
        this.#onAnswer()
        return
      }
      case 'counters': {
        const families = this.#assemble(worker, message)
        if (families !== undefined) worker.snapshot.update(families)
        return
      }
      case 'sum':
        void this.#sendTotal(worker.id, message.request, message.seconds)
        return
      default:
    }
  }

  #assemble(
    { incoming }: WorkerState,
    { kind, batch, part, isLast }: Extract<Message, { kind: 'collected' | 'counters' }>,
  ): MetricFamily[] | undefined {
    const current = incoming.get(kind)
    // A batch that is incomplete when the next one begins stays incomplete.
    const assembly = current?.batch === batch ? current.assembly : new Assembly()
    assembly.add(part)
    incoming.set(kind, { batch, assembly })
    if (!isLast) return undefined
    incoming.delete(kind)
    return assembly.families
  }

  async #sendTotal(id: string, request: number, seconds: number): Promise<void> {
    const send = (part: Part): void => {
      this.#transport.send(id, tagged({ kind: 'total', batch: request, ...part }))
    }
    try {
      // The empty part confirms the request: the worker waits on until the sum has been sent.
      send({ part: [], isLast: false })
      await sendParts(await this.sum(seconds * timeLeft), send)
    } catch (error) {
      this.#report('workers', error)
      this.#transport.send(id, tagged({ kind: 'failed', request, error: String(error) }))
    }
  }

  #workerOf(id: string): WorkerState {
    let worker = this.#workers.get(id)
    if (worker === undefined) {
      worker = {
        id,
        snapshot: new WorkerSnapshot(),
        incoming: new Map(),
        answered: 0,
        isSilent: false,
      }
      this.#workers.set(id, worker)
    }
    return worker
  }

  #onExit(id: string): void {
    const worker = this.#workers.get(id)
    if (worker === undefined) return
    this.#workers.delete(id)
    this.#exited.add(worker.snapshot)
    this.#onAnswer()
  }
}
