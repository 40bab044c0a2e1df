import { codedError } from '../../support/coded-error.ts'
import { longestTimer } from '../../support/timer.ts'
import type { MetricFamily } from '../collect/metric-family.ts'
import { Deadline, type ProcessFamilies } from './deadline.ts'
import { type Message, tagged } from './message.ts'
import type { ReportProblem } from './primary.ts'
import { Assembly, partsOf, sendParts } from './serialization.ts'
import type { WorkerTransport } from './transport.ts'
import { isCumulative } from './worker-snapshots.ts'

/** The shortest interval between two reports of the counters, in milliseconds. */
const shortestInterval = 1000

/** Reports take at most this share of the worker's time. */
const share = 1 / 100

/** How long the primary may take to add up and send what it has collected, in seconds. */
const sendingSeconds = 10

interface Pending {
  readonly assembly: Assembly
  /** How long the sum is collected, in seconds. */
  readonly seconds: number
  readonly resolve: (families: MetricFamily[]) => void
  readonly reject: (error: Error) => void
  timer: NodeJS.Timeout
}

/**
 * A worker process or thread. It sends the primary all its families on request, and its counts once
 * per second and before it ends, so that little is lost if it is killed.
 */
export class Worker {
  readonly #transport: WorkerTransport
  readonly #own: ProcessFamilies
  readonly #report: ReportProblem
  readonly #pending = new Map<number, Pending>()
  /** The deadlines of the primary's requests that are not answered yet. */
  readonly #requests = new Map<number, Deadline>()
  #request = 0
  #batch = 0
  /** The last reported values, by family. */
  readonly #reported = new Map<string, readonly number[]>()
  /** One snapshot is sent after the other, so that an older one never replaces a newer one. */
  #sending: Promise<void> = Promise.resolve()

  constructor(transport: WorkerTransport, own: ProcessFamilies, report: ReportProblem) {
    this.#transport = transport
    this.#own = own
    this.#report = report
    transport.listen((message) => this.#receive(message))
    transport.send(tagged({ kind: 'joined' }))
    this.#reportCountsLater(shortestInterval)
    transport.beforeEnd(() => this.#reportLastCounts())
  }

  /**
   * The sum over all processes, from the primary, which collects it for at most `seconds`. Rejects if
   * the primary does not confirm the request within that time.
   */
  sum(seconds: number): Promise<MetricFamily[]> {
    this.#request += 1
    const request = this.#request
    return new Promise((resolve, reject) => {
      const timer = this.#failAfter(seconds, request)
      this.#pending.set(request, { assembly: new Assembly(), seconds, resolve, reject, timer })
      this.#transport.send(tagged({ kind: 'sum', request, seconds }))
    })
  }

  #failAfter(seconds: number, request: number): NodeJS.Timeout {
    const fail = (): void => {
      const error = codedError(
        'PRISMA_PROMETHEUS_WORKER_TIMEOUT',
        `prisma-prometheus: workers: expected the primary (or main thread) to answer within ${seconds} s, got nothing; call exposeMetrics with the same option there`,
      )
      this.#fail(request, error)
    }
    return setTimeout(fail, Math.min(seconds, longestTimer) * 1000)
  }

  #fail(request: number, error: Error): void {
    const pending = this.#pending.get(request)
    if (pending === undefined) return
    this.#pending.delete(request)
    clearTimeout(pending.timer)
    pending.reject(error)
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'join':
        // A primary that sends this has no counts yet.
        this.#reported.clear()
        this.#transport.send(tagged({ kind: 'joined' }))
        return
      case 'collect':
        this.#collect(message.request, message.seconds)
        return
      case 'total':
        this.#addPart(message)
        return
      case 'failed':
        this.#fail(
          message.request,
          codedError(
            'PRISMA_PROMETHEUS_PRIMARY_FAILED',
            `prisma-prometheus: workers: expected a sum from the primary (or main thread), got ${message.error}`,
          ),
        )
        return
      default:
    }
  }

  #addPart({ batch, part, isLast }: Extract<Message, { kind: 'total' }>): void {
    const pending = this.#pending.get(batch)
    if (pending === undefined) return
    clearTimeout(pending.timer)
    pending.assembly.add(part)
    if (isLast) {
      this.#pending.delete(batch)
      pending.resolve(pending.assembly.families)
    } else {
      // The primary is there. It may collect to the deadline, and adds and sends the sum after it.
      pending.timer = this.#failAfter(pending.seconds + sendingSeconds, batch)
    }
  }

  #collect(request: number, seconds: number): void {
    const current = this.#requests.get(request)
    if (current !== undefined) {
      current.within(seconds)
      return
    }
    const deadline = new Deadline(seconds)
    this.#requests.set(request, deadline)
    void this.#inOrder(() => this.#answer(request, deadline))
  }

  async #answer(request: number, deadline: Deadline): Promise<void> {
    try {
      const families = await this.#own.collect(deadline)
      await sendParts(families, (part) => {
        this.#transport.send(tagged({ kind: 'collected', batch: request, ...part }))
      })
    } finally {
      deadline.clear()
      this.#requests.delete(request)
    }
  }

  #inOrder(send: () => Promise<void>): Promise<void> {
    this.#sending = this.#sending.then(send).catch((error: unknown) => {
      this.#report('workers', error)
    })
    return this.#sending
  }

  #reportCountsLater(milliseconds: number): void {
    setTimeout(async () => {
      let took = 0
      await this.#inOrder(async () => {
        const began = performance.now()
        await this.#reportCounts()
        took = performance.now() - began
      })
      this.#reportCountsLater(Math.max(shortestInterval, took / share))
    }, milliseconds).unref()
  }

  async #reportCounts(): Promise<void> {
    const changed = this.#changed(await this.#own.copy())
    if (changed.length === 0) return
    const batch = this.#nextBatch()
    await sendParts(changed, (part) => {
      this.#transport.send(tagged({ kind: 'counters', batch, ...part }))
    })
    // After all parts: the worker may end before they are sent.
    for (const family of changed) this.#reported.set(family.name, valuesOf(family))
  }

  // Nothing can be awaited here, and a channel accepts only messages that fit into its buffer. Families
  // are sent one by one, so that a family that does not fit does not affect others.
  #reportLastCounts(): void {
    try {
      for (const family of this.#changed(this.#own.copyNow())) {
        this.#reported.set(family.name, valuesOf(family))
        const batch = this.#nextBatch()
        for (const part of partsOf([family])) {
          this.#transport.send(tagged({ kind: 'counters', batch, part, isLast: false }))
        }
        this.#transport.send(tagged({ kind: 'counters', batch, part: [], isLast: true }))
      }
    } catch {
      // The primary keeps the last report, and the process ends as without this package.
    }
  }

  /** The cumulative families with other values than last reported. */
  #changed(families: readonly MetricFamily[]): MetricFamily[] {
    return families.filter(
      (family) =>
        isCumulative(family) && !isSame(valuesOf(family), this.#reported.get(family.name)),
    )
  }

  #nextBatch(): number {
    this.#batch += 1
    return this.#batch
  }
}

function valuesOf({ values }: MetricFamily): number[] {
  return values.map(({ value }) => value)
}

function isSame(values: readonly number[], others: readonly number[] | undefined): boolean {
  return (
    values.length === others?.length &&
    values.every((value, index) => Object.is(value, others[index]))
  )
}
