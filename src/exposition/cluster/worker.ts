import type { FamilyData } from '../collect/metric-family.ts'
import { Deadline } from './deadline.ts'
import { isCumulative } from './worker-snapshots.ts'
import type { Local } from './local.ts'
import { type Message, tagged } from './message.ts'
import { sendParts } from './send-parts.ts'
import type { MemberTransport } from './transport.ts'
import { Assembly, partsOf } from './serialization.ts'
import { codedError } from '../../support/coded-error.ts'

/** How often the hub is told of the counters, at most, in milliseconds. */
const shortestInterval = 1000

/** How much of its time a member spends on that, at most: one part in as many. */
const parts = 100

interface Pending {
  readonly assembly: Assembly
  readonly resolve: (families: FamilyData[]) => void
}

/**
 * A process, or a thread, that tells the hub of its families: of all when it is asked, and of what
 * it has counted now and then, so that little is lost when it is killed.
 */
export class Member {
  readonly #transport: MemberTransport
  readonly #local: Local
  readonly #pending = new Map<number, Pending>()
  /** The hub's questions that are still to be answered, by when. */
  readonly #asked = new Map<number, Deadline>()
  #question = 0
  #tellings = 0
  /** The values that the hub was told last. */
  #told: readonly number[] = []
  /** One snapshot is sent after the other, or an older one could come to replace a newer one. */
  #sending: Promise<void> = Promise.resolve()

  constructor(transport: MemberTransport, local: Local) {
    this.#transport = transport
    this.#local = local
    transport.listen((message) => this.#hear(message))
    transport.send(tagged({ kind: 'here' }))
    this.#tellLater(shortestInterval)
    process.once('exit', () => this.#tellAtExit())
  }

  /** The sum over all members, as the hub knows it. */
  sum(seconds: number): Promise<FamilyData[]> {
    this.#question += 1
    const question = this.#question
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(question)
        reject(
          codedError(
            'PRISMA_PROMETHEUS_WORKER_TIMEOUT',
            `prisma-prometheus: workers: expected the primary (or main thread) to answer in ${seconds} s, got nothing; it needs a call of exposeMetrics with the same option`,
          ),
        )
      }, seconds * 1000)
      this.#pending.set(question, {
        assembly: new Assembly(),
        resolve(families) {
          clearTimeout(timer)
          resolve(families)
        },
      })
      this.#transport.send(tagged({ kind: 'sum', question, seconds }))
    })
  }

  #hear(message: Message): void {
    switch (message.kind) {
      case 'who':
        // A hub that asks knows nothing yet.
        this.#told = []
        this.#transport.send(tagged({ kind: 'here' }))
        return
      case 'families':
        this.#ask(message.question, message.seconds)
        return
      case 'total': {
        const { batch, part, isLast } = message
        const pending = this.#pending.get(batch)
        pending?.assembly.add(part)
        if (pending === undefined || !isLast) return
        this.#pending.delete(batch)
        pending.resolve(pending.assembly.families)
        return
      }
      default:
    }
  }

  #ask(question: number, seconds: number): void {
    const asked = this.#asked.get(question)
    if (asked !== undefined) {
      asked.within(seconds)
      return
    }
    const deadline = new Deadline(seconds)
    this.#asked.set(question, deadline)
    void this.#inTurn(() => this.#answer(question, deadline))
  }

  async #answer(question: number, deadline: Deadline): Promise<void> {
    try {
      const families = await this.#local.collect(deadline)
      await sendParts(families, (part) => {
        this.#transport.send(tagged({ kind: 'answer', batch: question, ...part }))
      })
    } finally {
      deadline.clear()
      this.#asked.delete(question)
    }
  }

  #inTurn(send: () => Promise<void>): Promise<void> {
    // What cannot be read now is missing at the hub, and named by the scrapes of this process.
    this.#sending = this.#sending.then(send).catch(() => {})
    return this.#sending
  }

  #tellLater(milliseconds: number): void {
    setTimeout(async () => {
      let took = 0
      await this.#inTurn(async () => {
        const began = performance.now()
        await this.#tell()
        took = performance.now() - began
      })
      this.#tellLater(Math.max(shortestInterval, took * parts))
    }, milliseconds).unref()
  }

  async #tell(): Promise<void> {
    const families = (await this.#local.copy()).filter(isCumulative)
    const now = families.flatMap(({ values }) => values.map(({ value }) => Number(value)))
    if (isSame(now, this.#told)) return
    this.#told = now
    const batch = this.#nextBatch()
    await sendParts(families, (part) => {
      this.#transport.send(tagged({ kind: 'counters', batch, ...part }))
    })
  }

  // Nothing can be waited for any more, and a channel takes what fits into it: family by family, so
  // that what does not fit costs the others nothing.
  #tellAtExit(): void {
    try {
      for (const family of this.#local.copyNow().filter(isCumulative)) {
        const batch = this.#nextBatch()
        for (const part of partsOf([family])) {
          this.#transport.send(tagged({ kind: 'counters', batch, part, isLast: false }))
        }
        this.#transport.send(tagged({ kind: 'counters', batch, part: [], isLast: true }))
      }
    } catch {
      // The hub has what was told before; the process ends as it would have.
    }
  }

  #nextBatch(): number {
    this.#tellings += 1
    return this.#tellings
  }
}

function isSame(values: readonly number[], others: readonly number[]): boolean {
  return (
    values.length === others.length &&
    values.every((value, index) => Object.is(value, others[index]))
  )
}
