import { aggregateInSteps } from '../collect/aggregate.ts'
import type { FamilyData } from '../collect/metric-family.ts'
import { Slices } from '../collect/event-loop-slices.ts'
import { Deadline } from './deadline.ts'
import { Account, Retired } from './worker-snapshots.ts'
import type { Local } from './local.ts'
import { type Message, tagged } from './message.ts'
import { sendParts } from './send-parts.ts'
import type { HubTransport } from './transport.ts'
import { Assembly } from './serialization.ts'

/** What is left of a question's time for whoever is asked in turn. */
const timeLeft = 0.9

interface Member {
  readonly id: string
  readonly account: Account
  /** The parts of the answer, and of the counters, that are still coming. */
  readonly incoming: Map<Message['kind'], { readonly batch: number; readonly assembly: Assembly }>
  /** The last question it has answered. */
  answered: number
  /** Whether it did not answer in time: it is asked again, but not waited for. */
  isSilent: boolean
}

/**
 * Where the families of all members come together. A member that is gone, or does not answer, goes
 * on being counted with what it said last; its gauges are left out.
 */
export class Hub {
  readonly #transport: HubTransport
  readonly #local: Local
  readonly #onSilence: (member: string, seconds: number) => void
  readonly #members = new Map<string, Member>()
  readonly #retired = new Retired()
  /** Ids are not used again, and a message may come after its sender's end. */
  readonly #gone = new Set<string>()
  #question = 0
  #onAnswer = (): void => {}
  #current: { readonly deadline: Deadline; readonly total: Promise<FamilyData[]> } | undefined

  constructor(
    transport: HubTransport,
    local: Local,
    onSilence: (member: string, seconds: number) => void,
  ) {
    this.#transport = transport
    this.#local = local
    this.#onSilence = onSilence
    transport.listen({
      onMessage: (id, message) => {
        if (!this.#gone.has(id)) this.#hear(this.#memberOf(id), message)
      },
      onGone: (id) => this.#retire(id),
    })
    transport.broadcast(tagged({ kind: 'who' }))
  }

  /**
   * The sum over this process and all members, for all who ask at the same time: it comes when who
   * is in the greatest hurry has to have it.
   */
  sum(seconds: number): Promise<FamilyData[]> {
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

  async #sum(deadline: Deadline): Promise<FamilyData[]> {
    this.#question += 1
    const question = this.#question
    const waitedFor = [...this.#members.values()].filter(({ isSilent }) => !isSilent)
    this.#ask(deadline.seconds)
    const own = this.#local.collect(deadline)
    // Awaited below; until then its failure is nobody's.
    own.catch(() => {})
    await this.#answers(question, waitedFor, deadline.signal)
    for (const member of waitedFor) {
      member.isSilent = member.answered < question && this.#members.has(member.id)
      if (member.isSilent) this.#onSilence(member.id, deadline.seconds)
    }
    const answered = [...this.#members.values()].map(({ account, isSilent }) =>
      isSilent ? account.cumulative : account.families,
    )
    return combine([await own, ...answered, this.#retired.families])
  }

  /** Asks those who have not answered, once more where they have to be quicker. */
  #ask(seconds: number): void {
    const question = this.#question
    for (const { id, answered } of this.#members.values()) {
      if (answered === question) continue
      const left = seconds * timeLeft
      this.#transport.send(id, tagged({ kind: 'families', question, seconds: left }))
    }
  }

  #answers(question: number, members: readonly Member[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve())
      this.#onAnswer = () => {
        const isMissing = ({ id, answered }: Member): boolean =>
          answered < question && this.#members.has(id)
        if (!members.some(isMissing)) resolve()
      }
      this.#onAnswer()
    })
  }

  #hear(member: Member, message: Message): void {
    switch (message.kind) {
      case 'answer': {
        const families = this.#assemble(member, message)
        if (families === undefined) return
        member.account.replace(families)
        member.answered = message.batch
        member.isSilent = false
        this.#onAnswer()
        return
      }
      case 'counters': {
        const families = this.#assemble(member, message)
        if (families !== undefined) member.account.update(families)
        return
      }
      case 'sum':
        void this.#tell(member.id, message.question, message.seconds)
        return
      default:
    }
  }

  #assemble(
    { incoming }: Member,
    { kind, batch, part, isLast }: Extract<Message, { kind: 'answer' | 'counters' }>,
  ): FamilyData[] | undefined {
    const current = incoming.get(kind)
    // What has not come to its end when the next begins never will.
    const assembly = current?.batch === batch ? current.assembly : new Assembly()
    assembly.add(part)
    incoming.set(kind, { batch, assembly })
    if (!isLast) return undefined
    incoming.delete(kind)
    return assembly.families
  }

  async #tell(id: string, question: number, seconds: number): Promise<void> {
    try {
      const total = await this.sum(seconds * timeLeft)
      await sendParts(total, (part) => {
        this.#transport.send(id, tagged({ kind: 'total', batch: question, ...part }))
      })
    } catch {
      // Who asked will have waited in vain, and says so.
    }
  }

  #memberOf(id: string): Member {
    let member = this.#members.get(id)
    if (member === undefined) {
      member = { id, account: new Account(), incoming: new Map(), answered: 0, isSilent: false }
      this.#members.set(id, member)
    }
    return member
  }

  #retire(id: string): void {
    this.#gone.add(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    this.#members.delete(id)
    this.#retired.add(member.account)
    this.#onAnswer()
  }
}

async function combine(members: readonly (readonly FamilyData[])[]): Promise<FamilyData[]> {
  const byName = new Map<string, [FamilyData, ...FamilyData[]]>()
  for (const family of members.flat()) {
    const others = byName.get(family.name)
    if (others === undefined) byName.set(family.name, [family])
    // While one version replaces another, a name may mean two things.
    else if (others[0].type === family.type) others.push(family)
  }
  const slices = new Slices()
  await slices.next()
  const combined: FamilyData[] = []
  for (const families of byName.values()) {
    if (families[0].aggregator === 'omit') continue
    const steps = aggregateInSteps(families)
    let step = steps.next()
    while (step.done !== true) {
      // oxlint-disable-next-line no-await-in-loop -- waiting is what it is for
      if (slices.isOver) await slices.next()
      step = steps.next()
    }
    combined.push(step.value)
  }
  return combined
}
