/** The process of one alternative: `process.ts NAME URL`. */
import { type OperationName, operations } from '../operations.ts'
import { answerQuestions } from '../processes.ts'
import { sumOf } from '../samples.ts'
import { alternatives } from './alternatives.ts'
import { plantEvents, type Shown } from './planted-events.ts'

const [name = '', url = ''] = process.argv.slice(2)
const alternative = alternatives[name]
if (alternative === undefined) throw new Error(`expected an alternative, got ${name}`)
const open = await alternative.setUp()
const { client, samples } = open({ connectionString: url })
let ran = 0

async function run(operation: OperationName, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await operations[operation].run(client)
  ran += times
}

const answers = {
  /** Milliseconds of one operation: the mean of `times`. */
  async measure({
    operation,
    times,
  }: {
    operation: OperationName
    times: number
  }): Promise<number> {
    const began = performance.now()
    await run(operation, times)
    return (performance.now() - began) / times
  },
  /** Opens new connections. */
  async renew(): Promise<void> {
    await client.$disconnect()
    await run('create', 10)
  },
  /** How many operations ran, and how many the alternative counted. */
  async count(): Promise<{ ran: number; counted: number }> {
    const { counter } = alternative
    return { ran, counted: counter === undefined ? 0 : sumOf(await samples(), counter) }
  },
  plantEvents: (): Promise<Shown> => plantEvents(open, url),
}

export type AlternativeAnswers = typeof answers

answerQuestions(answers)
