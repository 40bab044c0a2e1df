import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

// A process per variant, because some patch modules or globals, and because the code that variants
// share is compiled for all of them. The parent asks, so that variants take turns.

/** What a process answers, by name; each has at most one argument. */
export type Answers = Readonly<Record<string, (argument: never) => Promise<unknown>>>

type Message = { readonly answer: unknown } | { readonly error: string }

export class VariantProcess<A extends Answers> {
  readonly #name: string
  readonly #child: ChildProcess

  private constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
  }

  /** Starts the script, which must call {@link answerQuestions}. */
  static async start<A extends Answers>(
    script: URL,
    name: string,
    ...more: readonly string[]
  ): Promise<VariantProcess<A>> {
    const started = new VariantProcess<A>(name, fork(fileURLToPath(script), [name, ...more]))
    await started.#message()
    return started
  }

  /** Only one question at a time. */
  async ask<N extends keyof A & string>(
    question: N,
    ...argument: Parameters<A[N]>
  ): Promise<Awaited<ReturnType<A[N]>>> {
    this.#child.send({ question, argument: argument[0] })
    return (await this.#message()) as Awaited<ReturnType<A[N]>>
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.disconnect()
    await ended
  }

  async #message(): Promise<unknown> {
    const message = await new Promise<Message>((resolve, reject) => {
      const failed = (code: number | null): void =>
        reject(new Error(`${this.#name}: expected an answer, got exit code ${code}`))
      this.#child.once('exit', failed)
      this.#child.once('message', (received) => {
        this.#child.off('exit', failed)
        resolve(received as Message)
      })
    })
    if ('error' in message) throw new Error(`${this.#name}: ${message.error}`)
    return message.answer
  }
}

interface Sets {
  readonly script: URL
  /** Of the variants; each is the first argument of its process. */
  readonly names: readonly string[]
  /** Further arguments of each process. */
  readonly more?: readonly string[]
  readonly sets: number
}

/** Measures in several sets of processes: each set compiles the code and lays out its memory anew. */
export async function inSets<A extends Answers>(
  { script, names, more = [], sets }: Sets,
  measure: (processes: ReadonlyMap<string, VariantProcess<A>>, set: number) => Promise<void>,
): Promise<void> {
  for (let set = 0; set < sets; set++) {
    const processes = new Map<string, VariantProcess<A>>()
    for (const name of names) {
      processes.set(name, await VariantProcess.start<A>(script, name, ...more))
    }
    await measure(processes, set)
    for (const each of processes.values()) await each.end()
  }
}

/** Answers the questions of the parent process until it disconnects. */
export function answerQuestions(answers: Answers): void {
  const send = (message: Message): void => void process.send?.(message)
  process.on('message', (asked: { question: string; argument: never }) => {
    const { question, argument } = asked
    Promise.resolve(answers[question]?.(argument)).then(
      (answer) => send({ answer }),
      (error: unknown) => send({ error: inspect(error) }),
    )
  })
  process.once('disconnect', () => process.exit())
  send({ answer: 'ready' })
}
